//! The same files once more by Debian's clang, for what the compiler that comes with zig cannot do: AddressSanitizer,
//! libFuzzer and coverage. A flavour is one way to compile everything; its programs land in zig-out/<flavour>.
const std = @import("std");
const lists = @import("build.files.zig");

pub const Flavour = struct {
    name: []const u8,
    flags: []const []const u8, // for compiling and linking
    own_allocator: bool = false, // a test may bring one
    early: []const []const u8 = &.{}, // libraries that are there from the start
    elsewhere: ?[]const []const u8 = null, // for compiling what is not the engine, if it differs
};

const undefined_behaviour = "-fsanitize=address,undefined,float-cast-overflow";

/// It looks for what throws in C++ when a program starts, and XGBoost comes later.
pub const asan = Flavour{
    .name = "asan",
    .flags = &.{ "-O1", "-fno-sanitize-recover=all", undefined_behaviour },
    .early = &.{ "-Wl,--push-state,--no-as-needed", "-l:libstdc++.so.6", "-Wl,--pop-state" },
};
pub const tsan = Flavour{ .name = "tsan", .flags = &.{ "-O1", "-fsanitize=thread" } };
/// Counters lie where they can be in a file from the start, so that what was counted before a program was killed stays.
/// Only the engine is counted, so only the engine has to be slow.
pub const coverage = Flavour{
    .name = "coverage",
    .flags = &.{ "-O0", "-fprofile-instr-generate", "-fprofile-update=atomic", "-fcoverage-mapping", "-mllvm", "-runtime-counter-relocation" },
    .elsewhere = &.{"-O2"},
    .own_allocator = true,
};
const fuzz = Flavour{
    .name = "fuzz",
    .flags = &.{ "-O1", "-fno-sanitize-recover=all", undefined_behaviour, "-fsanitize=fuzzer-no-link" },
};

/// Where foreign libraries are, as build.zig found them.
pub const Foreign = struct {
    includes: []const []const u8,
    archives: []const []const u8,
};

const libraries = [_][]const u8{
    "-luv",    "-lyaml",   "-lzstd", "-lcrypto", "-lxxhash", "-lz", "-llzma", "-ljansson",
    "-lnlopt", "-lcmocka", "-lm",    "-ldl",     "-pthread", "-rdynamic",
};

const Room = enum { engine, nodes, overlays, cli, tests };

const Clang = struct {
    b: *std.Build,
    flavour: Flavour,
    warnings: []const []const u8,
    foreign: Foreign,

    fn includes(c: Clang, run: *std.Build.Step.Run, in: Room) void {
        const folders: []const []const u8 = switch (in) {
            .engine => &.{ "include", "engine" },
            .nodes, .overlays => &.{ "include", "nodes" },
            .cli => &.{"include"},
            .tests => &.{ "include", "engine", "nodes", "tests" },
        };
        for (folders) |folder| run.addPrefixedDirectoryArg("-I", c.b.path(folder));
        for (c.foreign.includes) |folder| run.addArgs(&.{ "-isystem", folder });
        if (in == .overlays) run.addArgs(&.{ "-mavx2", "-mfma" });
        // With both sanitizers clang takes minutes to optimise these unrolled loops.
        if (in == .overlays and c.flavour.elsewhere == null) run.addArg("-O0");
    }

    fn object(c: Clang, in: Room, source: []const u8, defines: []const []const u8) std.Build.LazyPath {
        const run = c.b.addSystemCommand(&.{ "clang", "-c", "-g", "-MD" });
        run.addArgs(c.warnings);
        run.addArgs(if (in == .engine) c.flavour.flags else c.flavour.elsewhere orelse c.flavour.flags);
        run.addArgs(defines);
        c.includes(run, in);
        run.addFileArg(c.b.path(source));
        _ = run.addPrefixedDepFileOutputArg("-MF", "object.d");
        run.addArg("-o");
        run.setName(c.b.fmt("{s} {s}", .{ c.flavour.name, source }));
        return run.addOutputFileArg("object.o");
    }

    fn archive(c: Clang, name: []const u8, members: []const std.Build.LazyPath) std.Build.LazyPath {
        const run = c.b.addSystemCommand(&.{ "ar", "qcs" });
        const out = run.addOutputFileArg(name);
        for (members) |o| run.addFileArg(o);
        return out;
    }

    fn roomArchive(c: Clang, kind: Room, name: []const u8, sources: []const []const u8) std.Build.LazyPath {
        return c.archive(name, c.objects(kind, sources));
    }

    fn objects(c: Clang, kind: Room, sources: []const []const u8) []const std.Build.LazyPath {
        const list = c.b.allocator.alloc(std.Build.LazyPath, sources.len) catch @panic("out of memory");
        for (sources, list) |source, *o| o.* = c.object(kind, source, &.{});
        return list;
    }

    /// The allocator of a test is that of the libraries too.
    fn memoryArchive(c: Clang) std.Build.LazyPath {
        var list: [lists.memory_support.len]std.Build.LazyPath = undefined;
        for (lists.memory_support, &list) |source, *o| o.* = c.object(.tests, source, &.{"-fvisibility=default"});
        return c.archive("memory.a", &list);
    }

    fn nodes(c: Clang) std.Build.LazyPath {
        const plain = c.objects(.nodes, &lists.nodes);
        const fast = c.objects(.overlays, &lists.overlays);
        return c.archive("librise_nodes.a", std.mem.concat(c.b.allocator, std.Build.LazyPath, &.{ plain, fast }) catch @panic("out of memory"));
    }

    /// Installs a program of these objects and archives into zig-out/<flavour>/<folder>.
    fn program(c: Clang, step: *std.Build.Step, folder: []const u8, name: []const u8, extra: []const []const u8, parts: []const std.Build.LazyPath) void {
        const run = c.b.addSystemCommand(&.{"clang"});
        run.addArgs(c.flavour.flags);
        run.addArg("-Wno-unused-command-line-argument"); // some flags are for compiling alone
        run.addArgs(extra);
        for (parts) |part| run.addFileArg(part);
        run.addArgs(c.foreign.archives);
        run.addArgs(c.flavour.early);
        run.addArgs(&libraries);
        run.addArg("-o");
        run.setName(c.b.fmt("{s} link {s}", .{ c.flavour.name, name }));
        const exe = run.addOutputFileArg(name);
        const to = c.b.fmt("{s}/{s}", .{ c.flavour.name, folder });
        step.dependOn(&c.b.addInstallFileWithDir(exe, .{ .custom = to }, name).step);
    }
};

/// A step that builds rise-run and all test programs in this flavour. `faults` is loaded in front of some of them.
pub fn addFlavour(b: *std.Build, flavour: Flavour, warnings: []const []const u8, foreign: Foreign, faults: *std.Build.Step.Compile, about: []const u8) void {
    const c = Clang{ .b = b, .flavour = flavour, .warnings = warnings, .foreign = foreign };
    const step = b.step(flavour.name, about);
    const values = c.roomArchive(.engine, "librise_values.a", &lists.values);
    const engine = c.roomArchive(.engine, "librise.a", &(lists.values ++ lists.engine));
    const nodes = c.nodes();
    const support = c.roomArchive(.tests, "support.a", &lists.test_support);
    const cli = c.roomArchive(.cli, "cli.a", &lists.cli);
    c.program(step, "bin", "rise-run", &.{}, &.{ cli, nodes, engine });
    const folder = b.fmt("{s}/fault", .{flavour.name});
    step.dependOn(&b.addInstallArtifact(faults, .{ .dest_dir = .{ .override = .{ .custom = folder } } }).step);
    for (lists.tests) |source|
        c.program(step, "tests", std.fs.path.stem(source), &.{}, &.{ c.object(.tests, source, &.{}), support, nodes, engine });
    const targets = c.roomArchive(.tests, "targets.a", &(lists.fuzz_targets ++ lists.fuzz_support));
    c.program(step, "tests", "test_corpora", &.{}, &.{ c.object(.tests, lists.corpora_test, &.{}), targets, support, nodes, engine });
    for (lists.host_tests) |source|
        c.program(step, "tests", std.fs.path.stem(source), &.{}, &.{ c.object(.tests, source, &.{}), support, nodes, values });
    if (!flavour.own_allocator) return;
    const memory = c.memoryArchive();
    for (lists.memory_tests) |source|
        c.program(step, "tests", std.fs.path.stem(source), &.{}, &.{ c.object(.tests, source, &.{}), memory, support, nodes, engine });
}

/// `zig build fuzz`: one libFuzzer program for each target, with AddressSanitizer and UndefinedBehaviorSanitizer.
pub fn addFuzzers(b: *std.Build, warnings: []const []const u8, foreign: Foreign) void {
    const c = Clang{ .b = b, .flavour = fuzz, .warnings = warnings, .foreign = foreign };
    const step = b.step("fuzz", "build the fuzz targets into zig-out/fuzz (clang); run them with tests/fuzz/run");
    const engine = c.roomArchive(.engine, "librise.a", &(lists.values ++ lists.engine));
    const nodes = c.nodes();
    const support = c.roomArchive(.tests, "support.a", &lists.fuzz_support);
    for (lists.fuzz_targets) |source| {
        const name = std.fs.path.stem(source);
        const entry = c.object(.tests, "tests/fuzz/engine.c", &.{b.fmt("-DFUZZ_TARGET=fuzz_{s}", .{name})});
        c.program(step, "", name, &.{"-fsanitize=fuzzer"}, &.{ entry, c.object(.tests, source, &.{}), support, nodes, engine });
    }
}
