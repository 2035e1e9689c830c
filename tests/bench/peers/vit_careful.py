"""The network of examples/torch/vit.py as fast as PyTorch does it on one core, without code of its own to compile.

Same parameters, same numbers, and of the work only what is needed:

- the grid of tokens is never written back. CLS is a tensor of its own; patches are laid out in the order in which
  blocks meet them, so that a block is a slice. Where blocks overlap (r does not divide the side), a patch that was met
  before is taken from what came out of that block; the order of tokens within a block is of no matter to attention;
- in the last layer only CLS goes on, and keys and values are folded into its query and its output, unless a later
  block meets patches of this one again;
- tokens lie as (T, S, E), and the rows of in_proj in the order head, (q, k, v): then all heads of all samples are one
  batch of products without a copy. The scale of the scores is in the rows of q.

Attention is written out: scaled_dot_product_attention has no fused kernel with dropout on CPUs and is then no faster.
torch.compile made a step slower (its dropout is), and would need a C++ compiler at hand.
"""

import torch
from torch.nn import functional as F

from vit_plain import BlockTransformer


class Block:
    """What one block reads: new patches, the next `n_new` of the layout, and `old` ones, as (block, rows of what came
    out of it); and whether any later block reads what comes out of this one."""

    def __init__(self):
        self.n_new, self.old, self.read_again = 0, [], False


def layout(blocks):
    """Order of all patches by first meeting, and the blocks in terms of it. `blocks`: token numbers, CLS first."""
    order, plan, met = [], [], {}  # met: patch -> (block, row there)
    for b, tokens in enumerate(blocks):
        block, sources = Block(), {}
        patches = [t - 1 for t in tokens.tolist()[1:]]
        fresh = [p for p in patches if p not in met]
        order += fresh
        block.n_new = len(fresh)
        for p in patches:
            if p in met:
                source, row = met[p]
                sources.setdefault(source, []).append((row, p))
        row = 1
        for p in fresh:
            met[p] = (b, row)
            row += 1
        for source, rows in sources.items():
            plan[source].read_again = True
            block.old.append((source, torch.tensor([r for r, _ in rows])))
            for _, p in rows:
                met[p] = (b, row)
                row += 1
        plan.append(block)
    return torch.tensor(order), plan


class CarefulTransformer(BlockTransformer):
    def __init__(self, **shape):
        super().__init__(**shape)
        self.order, self.plan = layout(self.blocks())

    def drop_(self, x):
        return F.dropout(x, self.drop.p, True) if self.training and self.drop.p > 0 else x

    def embed(self, voxels):
        """(S, C, X, Y, Z) -> tokens of patches (N, S, E), in the order of the layout."""
        w = self.patch_embedding.conv.weight
        (x, y, z), p = self.sides, w.shape[-1]
        cut = voxels.view(len(voxels), w.shape[1], x, p, y, p, z, p).permute(2, 4, 6, 0, 1, 3, 5, 7)
        cut = cut.reshape(x * y * z, len(voxels), -1)[self.order]
        tokens = F.linear(cut, w.flatten(1), self.patch_embedding.conv.bias)
        return self.drop_(tokens + self.pos_embedding[0, 1 + self.order, None])

    def weights_of(self, layer):
        """in_proj with rows by head, then q, k, v, and q scaled; the rest as it is."""
        mha, e = layer.mha, self.cls_token.shape[-1]
        d = e // self.heads
        scale = torch.tensor([d**-0.5, 1, 1]).view(3, 1, 1, 1)
        w = (mha.in_proj_weight.view(3, self.heads, d, e) * scale).transpose(0, 1)
        b = (mha.in_proj_bias.view(3, self.heads, d) * scale[..., 0]).transpose(0, 1)
        return w, b

    def after_attention(self, layer, x, o):
        x = x + self.drop_(F.linear(o, layer.mha.out_proj.weight, layer.mha.out_proj.bias))
        x = F.layer_norm(x, x.shape[-1:], layer.ln1.weight, layer.ln1.bias)
        h = F.linear(F.relu(F.linear(x, layer.ff[0].weight, layer.ff[0].bias), True), layer.ff[2].weight, layer.ff[2].bias)
        return F.layer_norm(x + self.drop_(h), x.shape[-1:], layer.ln2.weight, layer.ln2.bias)

    def full_layer(self, layer, x, w, b):
        t, s, e = x.shape
        q, k, v = F.linear(x, w, b).view(t, s * self.heads, 3, -1).unbind(2)
        a = self.drop_(torch.bmm(q.transpose(0, 1), k.permute(1, 2, 0)).softmax(-1))
        o = torch.bmm(a, v.transpose(0, 1)).transpose(0, 1).reshape(t, s, e)
        return self.after_attention(layer, x, o)

    def cls_layer(self, layer, x, w, b):
        """The row of CLS alone: (T, S, E) -> (S, E). With q of CLS, q (Wk x + bk) = (q Wk) x + const, which softmax does
        not see, and sum a (Wv x + bv) = Wv (sum a x) + (sum a) bv: keys and values of the tokens are never formed."""
        t, s, e = x.shape
        wq, wk, wv = w.unbind(1)  # (H, D, E)
        bq, _, bv = b.unbind(1)
        cls = x[0]
        q = torch.baddbmm(bq[:, None], cls.expand(self.heads, s, e), wq.transpose(1, 2))
        u = torch.bmm(q, wk).transpose(0, 1)
        a = self.drop_(torch.bmm(u, x.permute(1, 2, 0)).softmax(-1))
        z = torch.bmm(a, x.transpose(0, 1)).transpose(0, 1)
        o = torch.baddbmm(a.sum(-1).t()[..., None] * bv[:, None], z, wv.transpose(1, 2))
        return self.after_attention(layer, cls, o.transpose(0, 1).reshape(s, e))

    def forward(self, voxels):
        s, e = len(voxels), self.cls_token.shape[-1]
        patches = self.embed(voxels)
        new = patches.split([block.n_new for block in self.plan])
        cls = self.drop_((self.cls_token[0] + self.pos_embedding[:, 0]).expand(s, e))
        packed = [self.weights_of(layer) for layer in self.encoder_layers]
        whole = [(w.reshape(3 * e, e), b.reshape(3 * e)) for w, b in packed]
        out = {}
        for n, block in enumerate(self.plan):
            x = torch.cat([cls[None], new[n], *(out[source][rows] for source, rows in block.old)])
            for layer, (w, b) in zip(self.encoder_layers[:-1], whole):
                x = self.full_layer(layer, x, w, b)
            if block.read_again:
                out[n] = self.full_layer(self.encoder_layers[-1], x, *whole[-1])
                cls = out[n][0]
            else:
                cls = self.cls_layer(self.encoder_layers[-1], x, *packed[-1])
        return self.head(self.norm(cls)).squeeze(1)
