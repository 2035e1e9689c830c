//! What is installed beside libraries and programs: headers, documents, graphs with their data, pkg-config files; the
//! list of all that is installed, and how it is removed again.
const std = @import("std");
const Step = std.Build.Step;

/// Below include.
const headers = [_][]const u8{
    "rise/error.h", "rise/graph.h", "rise/node.h", "rise/plugin.h", "rise/rise.h", "rise/run.h", "rise/value.h",
};

/// Where others look for them below share: the manual page, and completion for shells.
const shared = [_][2][]const u8{
    .{ "docs/rise-run.1", "man/man1/rise-run.1" },
    .{ "docs/completions/rise-run.bash", "bash-completion/completions/rise-run" },
    .{ "docs/completions/_rise-run", "zsh/site-functions/_rise-run" },
    .{ "docs/completions/rise-run.fish", "fish/vendor_completions.d/rise-run.fish" },
};

/// Below share/doc/rise as they lie here, so that they lead to each other.
const documents = [_][]const u8{
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "docs/benchmarks.md",
    "docs/cluster.md",
    "docs/data.md",
    "docs/faq.md",
    "docs/figures/curve_r.svg",
    "docs/figures/dual_ml.svg",
    "docs/figures/fig2.svg",
    "docs/figures/learning.svg",
    "docs/formats.md",
    "docs/graphs.md",
    "docs/history.md",
    "docs/how-to.md",
    "docs/install.md",
    "docs/nodes.md",
    "docs/progress.md",
    "docs/provenance.md",
    "docs/quench.md",
    "docs/reliability.md",
    "docs/science.md",
    "docs/tutorial.md",
    "docs/write-a-node.md",
    "examples/density/node.c",
    "examples/embed/README.md",
    "examples/plugin/README.md",
    "examples/python/README.md",
    "examples/torch/README.md",
    "examples/zrcu/README.md",
};

/// Below share/rise as they lie here: graphs find their data. A copy of that folder is something to begin with.
const studies = [_][]const u8{
    "examples/density/density.yaml",
    "examples/density/node.c",
    "examples/embed/README.md",
    "examples/embed/embed.c",
    "examples/embed/embed.yaml",
    "examples/plugin/README.md",
    "examples/plugin/coordination.c",
    "examples/plugin/coordination.yaml",
    "examples/python/README.md",
    "examples/python/quick.py",
    "examples/python/rise/__init__.py",
    "examples/python/rise/library.py",
    "examples/python/rise/runs.py",
    "examples/python/rise/values.py",
    "examples/torch/README.md",
    "examples/torch/torch.yaml",
    "examples/torch/vit.py",
    "examples/zrcu/README.md",
    "examples/zrcu/make.lammps",
    "examples/zrcu/zrcu_00.extxyz.zst",
    "examples/zrcu/zrcu_01.extxyz.zst",
    "examples/zrcu/zrcu_02.extxyz.zst",
    "examples/zrcu/zrcu_03.extxyz.zst",
    "examples/zrcu/zrcu_04.extxyz.zst",
    "examples/zrcu/zrcu_05.extxyz.zst",
    "examples/zrcu/zrcu_06.extxyz.zst",
    "examples/zrcu/zrcu_07.extxyz.zst",
    "examples/zrcu/zrcu_08.extxyz.zst",
    "examples/zrcu/zrcu_energies.csv",
    "graphs/dual_ml.yaml",
    "graphs/fig2.yaml",
    "graphs/fig3.yaml",
    "graphs/fig4.yaml",
    "graphs/fig5a.yaml",
    "graphs/fig5bc.yaml",
    "graphs/fig6.yaml",
    "graphs/fig6e.yaml",
    "graphs/from_potential_to_rise.yaml",
    "graphs/make_si.yaml",
    "graphs/make_ternary.yaml",
    "graphs/make_zrcu.yaml",
    "graphs/paper_zrcu.yaml",
    "graphs/predict.yaml",
    "graphs/quick.yaml",
    "graphs/tuning.yaml",
};

pub fn addFiles(b: *std.Build) void {
    for (headers) |file| installHeader(b, file);
    for (shared) |file| b.installFile(file[0], b.fmt("share/{s}", .{file[1]}));
    for (documents) |file| b.installFile(file, b.fmt("share/doc/rise/{s}", .{file}));
    for (studies) |file| b.installFile(file, b.fmt("share/rise/{s}", .{file}));
}

fn installHeader(b: *std.Build, name: []const u8) void {
    const source = b.path(b.fmt("include/{s}", .{name}));
    b.getInstallStep().dependOn(&b.addInstallFileWithDir(source, .header, name).step);
}

/// What pkg-config tells about a library: where it is seen from the file itself, so that the tree can be moved.
pub fn addPkgConfig(b: *std.Build, comptime name: []const u8, version: std.SemanticVersion, fields: []const u8) void {
    const folder = b.getInstallPath(.lib, "pkgconfig");
    const text = b.fmt(
        \\prefix=${{pcfiledir}}/{s}
        \\libdir=${{pcfiledir}}/..
        \\includedir=${{prefix}}/{s}
        \\
        \\Name: {s}
        \\Version: {f}
        \\{s}
    , .{ relative(b, folder, b.install_path), relative(b, b.install_path, b.h_dir), name, version, fields });
    const file = b.addWriteFiles().add(name ++ ".pc", text);
    b.getInstallStep().dependOn(&b.addInstallFileWithDir(file, .lib, "pkgconfig/" ++ name ++ ".pc").step);
}

fn relative(b: *std.Build, from: []const u8, to: []const u8) []const u8 {
    return std.fs.path.relative(b.allocator, from, to) catch @panic("OOM");
}

/// The last to be installed: share/rise/installed, all paths below the prefix, and share/rise/uninstall, which removes
/// them. Zig's own uninstall step is yet to be written (0.15.2), so that this one takes its place.
pub fn addUninstall(b: *std.Build) void {
    b.installFile("packaging/uninstall", "share/rise/uninstall");
    var text = std.array_list.Managed(u8).init(b.allocator);
    for (b.getInstallStep().dependencies.items) |step| {
        if (step.cast(Step.InstallFile)) |it| add(b, &text, it.dir, it.dest_rel_path);
        if (step.cast(Step.InstallArtifact)) |it| addArtifact(b, &text, it);
    }
    add(b, &text, .prefix, "share/rise/installed");
    const list = b.addWriteFiles().add("installed", text.items);
    b.getInstallStep().dependOn(&b.addInstallFile(list, "share/rise/installed").step);

    const remove = b.addSystemCommand(&.{ "packaging/uninstall", b.install_path });
    remove.has_side_effects = true;
    b.getUninstallStep().makeFn = nothingMore;
    b.getUninstallStep().dependOn(&remove.step);
}

fn addArtifact(b: *std.Build, text: *std.array_list.Managed(u8), it: *Step.InstallArtifact) void {
    const dir = it.dest_dir orelse return;
    add(b, text, dir, it.dest_sub_path);
    if (it.dylib_symlinks) |links| {
        add(b, text, dir, links.major_only_filename);
        add(b, text, dir, links.name_only_filename);
    }
}

fn add(b: *std.Build, text: *std.array_list.Managed(u8), dir: std.Build.InstallDir, path: []const u8) void {
    text.print("{s}\n", .{relative(b, b.install_path, b.getInstallPath(dir, path))}) catch @panic("OOM");
}

fn nothingMore(step: *Step, options: Step.MakeOptions) anyerror!void {
    _ = step;
    _ = options;
}
