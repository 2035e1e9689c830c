//! Builds rise: the engine (librise), the nodes (librise_nodes), the program rise-run and the tests.
//!
//! The walls of the house are here: each room is compiled with the include paths it may use and no others. Nodes see
//! include/ and nodes/; the command line sees include/ alone.
const std = @import("std");
const clang = @import("build.clang.zig");
const install = @import("build.install.zig");
const lists = @import("build.files.zig");

/// What other libraries and plug-ins may see is said in the public headers (visibility): a name of ours must not take
/// the place of theirs.
const warnings = [_][]const u8{
    "-std=c17",          "-D_GNU_SOURCE",      "-Wall",                "-Wextra",
    "-Wpedantic",        "-Wshadow",           "-Wconversion",         "-Wstrict-prototypes",
    "-Wvla",             "-Werror",            "-ffp-contract=off",    "-fno-math-errno",
    "-fvisibility=hidden", "-Wno-unknown-warning-option",
};

const Context = struct {
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
    strip: bool,
    triple: []const u8,
    blis_include: []const u8,
    blis_archive: []const u8,
    lapack_archive: []const u8,
};

/// As RISE_VERSION in include/rise/node.h.
const version = std.SemanticVersion{ .major = 0, .minor = 1, .patch = 0 };

/// Foreign libraries, by the name that pkg-config knows. Programs link them; archives hold our objects only.
const engine_libraries = [_][]const u8{ "libuv", "yaml-0.1", "libzstd", "libcrypto", "libxxhash", "zlib", "liblzma" };
const nodes_libraries = [_][]const u8{ "jansson", "nlopt", "libcrypto", "zlib" };

/// For programs: libraries as archives where Debian has them, so that a program that has little to do is not busy with
/// being loaded. XGBoost and cairo are loaded when a node calls them.
const archived = [_][]const u8{ "yaml-0.1", "libzstd", "libcrypto", "libxxhash", "zlib", "liblzma", "jansson" };
const shared = [_][]const u8{ "libuv", "nlopt" };

fn module(c: Context, includes: []const []const u8) *std.Build.Module {
    const m = c.b.createModule(.{ .target = c.target, .optimize = c.optimize, .link_libc = true, .pic = true });
    for (includes) |path| m.addIncludePath(c.b.path(path));
    addForeignHeaders(c, m);
    return m;
}

/// After everything else: where Debian keeps the headers of libraries. Without a C compiler on the machine, Zig brings
/// the C library's headers itself and looks nowhere else.
fn addForeignHeaders(c: Context, m: *std.Build.Module) void {
    m.addAfterIncludePath(.{ .cwd_relative = "/usr/include" });
    m.addAfterIncludePath(.{ .cwd_relative = c.b.fmt("/usr/include/{s}", .{c.triple}) });
}

/// What a compiler leaves to its runtime is that of GCC, which every Debian has. Zig's own has memcpy and memcmp
/// as well, in the way of those of the C library, which know the processor.
fn withRuntime(c: Context, it: *std.Build.Step.Compile) *std.Build.Step.Compile {
    it.root_module.addObjectFile(.{ .cwd_relative = c.b.fmt("/usr/lib/{s}/libgcc_s.so.1", .{c.triple}) });
    it.bundle_compiler_rt = false;
    return it;
}

/// What every program needs: both libraries, and what they stand on.
fn linkRise(c: Context, m: *std.Build.Module, engine: *std.Build.Step.Compile, nodes: *std.Build.Step.Compile) void {
    m.linkLibrary(engine);
    m.linkLibrary(nodes);
    addAlgebra(c, m);
    linkArchives(m);
    for (shared) |name| m.linkSystemLibrary(name, .{});
}

fn linkArchives(m: *std.Build.Module) void {
    for (archived) |name| m.linkSystemLibrary(name, .{ .preferred_link_mode = .static, .search_strategy = .mode_first });
}

/// As archives, LAPACK's products are those of BLIS, whatever BLAS this machine prefers for others.
fn addAlgebra(c: Context, m: *std.Build.Module) void {
    m.addObjectFile(.{ .cwd_relative = c.lapack_archive });
    m.addObjectFile(.{ .cwd_relative = c.blis_archive });
}

fn library(c: Context, name: []const u8, m: *std.Build.Module) *std.Build.Step.Compile {
    return c.b.addLibrary(.{ .name = name, .linkage = .static, .root_module = m });
}

/// The same as a shared library; what it exports is in the list.
fn sharedLibrary(c: Context, name: []const u8, m: *std.Build.Module) *std.Build.Step.Compile {
    const lib = withRuntime(c, c.b.addLibrary(.{ .name = name, .linkage = .dynamic, .version = version, .root_module = m }));
    lib.setVersionScript(c.b.path("engine/librise.map"));
    lib.linker_allow_shlib_undefined = false;
    return lib;
}

/// Of what is installed. Debug information would be most of an archive, and tell where it was compiled.
fn installed(c: Context, includes: []const []const u8) *std.Build.Module {
    const m = module(c, includes);
    m.strip = c.strip;
    return m;
}

fn engineModule(c: Context) *std.Build.Module {
    const m = installed(c, &.{ "include", "engine" });
    m.addCSourceFiles(.{ .files = &(lists.values ++ lists.engine), .flags = &warnings });
    return m;
}

fn addSharedEngine(c: Context) *std.Build.Step.Compile {
    const m = engineModule(c);
    for (engine_libraries) |name| m.linkSystemLibrary(name, .{});
    return sharedLibrary(c, "rise", m);
}

/// Kernels for processors with AVX2 and FMA; on other architectures there are none.
fn addOverlays(c: Context, m: *std.Build.Module) void {
    if (c.target.result.cpu.arch != .x86_64) return;
    var query = c.target.query;
    query.cpu_features_add = std.Target.x86.featureSet(&.{ .avx2, .fma });
    const overlays = c.b.createModule(.{
        .target = c.b.resolveTargetQuery(query),
        .optimize = c.optimize,
        .strip = c.strip,
        .link_libc = true,
        .pic = true,
    });
    overlays.addIncludePath(c.b.path("include"));
    overlays.addIncludePath(c.b.path("nodes"));
    overlays.addCSourceFiles(.{ .files = &lists.overlays, .flags = &warnings });
    m.addObject(c.b.addObject(.{ .name = "rise_overlays", .root_module = overlays }));
}

fn nodesModule(c: Context) *std.Build.Module {
    const m = installed(c, &.{ "include", "nodes" });
    m.addCSourceFiles(.{ .files = &lists.nodes, .flags = &warnings });
    addOverlays(c, m);
    m.addSystemIncludePath(.{ .cwd_relative = c.blis_include });
    m.addSystemIncludePath(.{ .cwd_relative = "/usr/include/cairo" });
    return m;
}

fn addSharedNodes(c: Context, engine: *std.Build.Step.Compile) *std.Build.Step.Compile {
    const m = nodesModule(c);
    m.addObjectFile(engine.getEmittedBin()); // linkLibrary would have it looked for in the build cache
    m.addRPathSpecial("$ORIGIN");
    addAlgebra(c, m);
    for (nodes_libraries) |name| m.linkSystemLibrary(name, .{});
    return sharedLibrary(c, "rise_nodes", m);
}

/// What stands behind is told as linkers name it: Requires.private would ask everybody for its headers.
fn addPkgConfigs(c: Context) void {
    install.addPkgConfig(c.b, "rise", version,
        \\Description: An embedded dataflow engine for atomistic machine learning
        \\Cflags: -I${includedir}
        \\Libs: -L${libdir} -lrise
        \\Libs.private: -luv -lyaml -lzstd -lcrypto -lxxhash -lz -llzma -lm
        \\
    );
    install.addPkgConfig(c.b, "rise-nodes", version, c.b.fmt(
        \\Description: The node types that come with rise
        \\Requires: rise
        \\Libs: -L${{libdir}} -lrise_nodes
        \\Libs.private: -ljansson -lnlopt -lcrypto -lz {s} {s} -lm
        \\
    , .{ c.lapack_archive, c.blis_archive }));
}

/// Plug-ins find the functions of node.h in the program, and nothing else, lest a library of theirs calls one of ours. A
/// linker exports from a program what a shared library that it sees defines or wants: this one defines what is public,
/// wants nothing, and is never loaded.
fn addExports(c: Context) *std.Build.Step.Compile {
    const m = engineModule(c);
    linkArchives(m);
    m.linkSystemLibrary("libuv", .{});
    return sharedLibrary(c, "rise_exports", m);
}

fn addProgram(c: Context, engine: *std.Build.Step.Compile, nodes: *std.Build.Step.Compile) *std.Build.Step.Compile {
    const m = installed(c, &.{"include"});
    m.addCSourceFiles(.{ .files = &lists.cli, .flags = &warnings });
    linkRise(c, m, engine, nodes);
    m.addObjectFile(addExports(c).getEmittedBin());
    const exe = withRuntime(c, c.b.addExecutable(.{ .name = "rise-run", .root_module = m }));
    exe.pie = true; // it reads what others wrote: lies somewhere else each time
    return exe;
}

/// Values without the rest of the engine: for tests that play the host themselves.
fn addValues(c: Context) *std.Build.Step.Compile {
    const m = module(c, &.{ "include", "engine" });
    m.addCSourceFiles(.{ .files = &lists.values, .flags = &warnings });
    return library(c, "rise_values", m);
}

fn addTest(c: Context, source: []const u8, engine: *std.Build.Step.Compile, nodes: *std.Build.Step.Compile) *std.Build.Step.Compile {
    return addTestIn(c, module(c, &.{ "include", "engine", "nodes", "tests" }), source, engine, nodes);
}

/// What the test brings comes first: its arenas take the place of the engine's.
fn addMemoryTest(c: Context, source: []const u8, engine: *std.Build.Step.Compile, nodes: *std.Build.Step.Compile) *std.Build.Step.Compile {
    const m = module(c, &.{ "include", "engine", "nodes", "tests" });
    m.addCSourceFiles(.{ .files = &lists.memory_support, .flags = &(warnings ++ .{"-fvisibility=default"}) });
    const exe = addTestIn(c, m, source, engine, nodes);
    exe.rdynamic = true; // its allocator is that of the libraries too, and plug-ins find node.h
    return exe;
}

fn addTestIn(c: Context, m: *std.Build.Module, source: []const u8, engine: *std.Build.Step.Compile, nodes: *std.Build.Step.Compile) *std.Build.Step.Compile {
    m.addCSourceFiles(.{ .files = &.{source}, .flags = &warnings });
    m.addCSourceFiles(.{ .files = &lists.test_support, .flags = &warnings });
    linkRise(c, m, engine, nodes);
    m.addSystemIncludePath(.{ .cwd_relative = "/usr/include/cairo" });
    m.linkSystemLibrary("cmocka", .{});
    return withRuntime(c, c.b.addExecutable(.{ .name = std.fs.path.stem(source), .root_module = m }));
}

/// A small shared library for tests: what is loaded in front of a program, or a plug-in.
fn addFault(c: Context, tests: *std.Build.Step, name: []const u8, source: []const u8, flags: []const []const u8) *std.Build.Step.Compile {
    const lib = c.b.addLibrary(.{ .name = name, .linkage = .dynamic, .root_module = module(c, &.{"include"}) });
    const all = std.mem.concat(c.b.allocator, []const u8, &.{ &warnings, flags }) catch @panic("OOM");
    lib.root_module.addCSourceFiles(.{ .files = &.{source}, .flags = all });
    lib.linker_allow_shlib_undefined = true; // a plug-in finds what it needs in the program that loads it
    tests.dependOn(&c.b.addInstallArtifact(lib, .{ .dest_dir = .{ .override = .{ .custom = "fault" } } }).step);
    return lib;
}

/// A benchmark of kernels: sees what a test sees, and the measuring that all of them share.
fn addBench(c: Context, source: []const u8, engine: *std.Build.Step.Compile, nodes: *std.Build.Step.Compile) *std.Build.Step.Compile {
    const m = module(c, &.{ "include", "engine", "nodes", "tests" });
    m.addCSourceFiles(.{ .files = &.{source}, .flags = &warnings });
    m.addCSourceFiles(.{ .files = &lists.bench_support, .flags = &warnings });
    m.addSystemIncludePath(.{ .cwd_relative = c.blis_include });
    linkRise(c, m, engine, nodes);
    return withRuntime(c, c.b.addExecutable(.{ .name = std.fs.path.stem(source), .root_module = m }));
}

/// Steps for which Debian's clang compiles the same files.
fn addClang(c: Context, faults: *std.Build.Step.Compile) void {
    const foreign = clang.Foreign{
        .includes = &.{ c.blis_include, "/usr/include/cairo" },
        .archives = &.{ c.lapack_archive, c.blis_archive },
    };
    clang.addFlavour(c.b, clang.asan, &warnings, foreign, faults, "all programs with AddressSanitizer and UndefinedBehaviorSanitizer, into zig-out/asan");
    clang.addFlavour(c.b, clang.tsan, &warnings, foreign, faults, "all programs with ThreadSanitizer, into zig-out/tsan");
    clang.addFlavour(c.b, clang.coverage, &warnings, foreign, faults, "all programs that count branches, into zig-out/coverage");
    clang.addFuzzers(c.b, &warnings, foreign);
}

pub fn build(b: *std.Build) void {
    // One binary runs on any x86-64: faster kernels are overlays, chosen when the program starts.
    const target = b.standardTargetOptions(.{ .default_target = .{ .cpu_model = .baseline } });
    const optimize = b.option(std.builtin.OptimizeMode, "optimize", "default: ReleaseFast") orelse .ReleaseFast;
    const triple = b.fmt("{s}-linux-gnu", .{@tagName(target.result.cpu.arch)});
    const c = Context{
        .b = b,
        .target = target,
        .optimize = optimize,
        .strip = b.option(bool, "strip", "what is installed without debug information; default: true") orelse (optimize != .Debug),
        .triple = triple,
        .blis_include = b.fmt("/usr/include/{s}/blis-serial", .{triple}),
        .blis_archive = b.fmt("/usr/lib/{s}/blis-serial/libblis.a", .{triple}),
        .lapack_archive = b.fmt("/usr/lib/{s}/lapack/liblapack.a", .{triple}),
    };

    const engine = library(c, "rise", engineModule(c));
    const nodes = library(c, "rise_nodes", nodesModule(c));
    const shared_engine = addSharedEngine(c);
    const program = addProgram(c, engine, nodes);
    b.installArtifact(engine);
    b.installArtifact(nodes);
    b.installArtifact(program);
    b.installArtifact(shared_engine);
    b.installArtifact(addSharedNodes(c, shared_engine));
    addPkgConfigs(c);
    install.addFiles(b);
    install.addUninstall(b);

    const run = b.addRunArtifact(program);
    if (b.args) |args| run.addArgs(args);
    b.step("run", "rise-run with the arguments after --").dependOn(&run.step);

    const tests = b.step("tests", "build the test programs into zig-out/tests");
    for (lists.tests) |source| {
        const exe = addTest(c, source, engine, nodes);
        tests.dependOn(&b.addInstallArtifact(exe, .{ .dest_dir = .{ .override = .{ .custom = "tests" } } }).step);
    }
    // Tests of the installed tree compile as users do, with the compiler that is here for certain; so does a benchmark.
    const compiler = b.addWriteFiles().add("compiler.bash", b.fmt(
        "export ZIG=\"{s}\" ZIG_GLOBAL_CACHE_DIR=\"{s}\"\n",
        .{ b.graph.zig_exe, b.graph.global_cache_root.path orelse "." },
    ));
    const install_compiler = b.addInstallFile(compiler, "compiler.bash");
    tests.dependOn(&install_compiler.step);
    const corpora = addTest(c, lists.corpora_test, engine, nodes);
    corpora.root_module.addCSourceFiles(.{ .files = &(lists.fuzz_support ++ lists.fuzz_targets), .flags = &warnings });
    tests.dependOn(&b.addInstallArtifact(corpora, .{ .dest_dir = .{ .override = .{ .custom = "tests" } } }).step);
    const values = addValues(c);
    for (lists.host_tests) |source| {
        const exe = addTest(c, source, values, nodes);
        tests.dependOn(&b.addInstallArtifact(exe, .{ .dest_dir = .{ .override = .{ .custom = "tests" } } }).step);
    }
    const memory = b.step("memory-tests", "build the tests in which memory runs out alone, into zig-out/tests");
    for (lists.memory_tests) |source| {
        const exe = addMemoryTest(c, source, engine, nodes);
        memory.dependOn(&b.addInstallArtifact(exe, .{ .dest_dir = .{ .override = .{ .custom = "tests" } } }).step);
    }
    tests.dependOn(memory);
    const faults = addFault(c, tests, "faults", "tests/fault/shim.c", &.{"-fvisibility=default"});
    _ = addFault(c, tests, "slow", "tests/fault/slow.c", &.{"-fvisibility=default"});
    _ = addFault(c, memory, "coordination", "examples/plugin/coordination.c", &.{});
    tests.dependOn(b.getInstallStep());
    const benches = b.step("benches", "build the benchmark programs into zig-out/bench");
    for (lists.benches) |source| {
        const exe = addBench(c, source, engine, nodes);
        benches.dependOn(&b.addInstallArtifact(exe, .{ .dest_dir = .{ .override = .{ .custom = "bench" } } }).step);
    }
    benches.dependOn(&install_compiler.step);
    benches.dependOn(b.getInstallStep());
    const suite = b.addSystemCommand(&.{"tests/run"});
    suite.has_side_effects = true;
    suite.step.dependOn(tests);
    b.step("test", "build and run every test").dependOn(&suite.step);

    addClang(c, faults);

    const fmt = b.addSystemCommand(&.{ "sh", "-c", "git ls-files '*.c' '*.h' | xargs clang-format -i" });
    fmt.has_side_effects = true;
    b.step("fmt", "lay out the C sources with clang-format").dependOn(&fmt.step);
}
