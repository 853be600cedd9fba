// swift-tools-version: 6.3
import Foundation
import PackageDescription

// The processor that the kernels are compiled for where the target is x86-64; every arm64 has what they want. A manifest sees
// the machine that compiles and not the target, so all that it says here holds for x86-64 alone: the flags by -Xarch_x86_64, the
// defines by `#if arch(x86_64)` in the sources. It is this machine's own processor, or one of clang's names for -march:
// LANES_ARCH=x86-64-v2 swift build. Without that name the trait Portable makes it x86-64-v3.
let named = Context.environment["LANES_ARCH"].flatMap { $0 == "native" ? nil : $0 }
let portable = "x86-64-v3"
#if arch(x86_64) && os(Linux)
    let architecture = named ?? "native"
#else
    // The target is not this machine, or an Apple machine, whose programs are meant for others too.
    let architecture = named ?? portable
#endif

// For a build with `--sanitize`, which needs the program's own malloc: LANES_SANITIZE=1 swift test --sanitize=thread
let isSanitized = Context.environment["LANES_SANITIZE"] != nil

/// The features of this machine's processor, as Linux names them.
let processorFlags: Set<String> = {
    let description = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let flags = description.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    return Set(flags.split(separator: " ").map(String.init))
}()

/// What processors have beyond x86-64-v4 that a compiler may use in arithmetic.
enum Extra: String, CaseIterable {
    case avx512_bf16, avx512_bitalg, avx512_fp16, avx512ifma, avx512vbmi, avx512_vbmi2, avx512_vnni, avx512_vpopcntdq
    case avx_vnni, gfni, fma4, sse4a, xop
}

/// Of each name that LANES_ARCH may have, the features that decide something here.
let featuresOfProcessors: [String: Set<String>] = {
    let v2: Set = ["sse4_2"]
    let avx = v2.union(["avx"])
    let v3 = avx.union(["avx2", "fma"])
    let v4 = v3.union(["avx512f", "avx512vl"])
    let iceLake = v4.union([
        "avx512_bitalg", "avx512ifma", "avx512vbmi", "avx512_vbmi2", "avx512_vnni", "avx512_vpopcntdq", "gfni",
    ])
    let sapphireRapids = iceLake.union(["avx512_bf16", "avx512_fp16", "avx_vnni"])
    let zen4 = iceLake.union(["avx512_bf16", "sse4a"])
    let groups: [(Set<String>, [String])] = [
        ([], ["x86-64"]),
        (v2, ["x86-64-v2", "nehalem", "westmere", "silvermont", "goldmont", "goldmont-plus", "tremont"]),
        (avx, ["sandybridge", "ivybridge"]), (v3, ["x86-64-v3", "haswell", "broadwell", "skylake"]),
        (v3.union(["sse4a"]), ["znver1", "znver2", "znver3"]),
        (v3.union(["avx_vnni", "gfni"]), ["alderlake", "raptorlake", "meteorlake", "gracemont", "sierraforest"]),
        (v4, ["x86-64-v4", "skylake-avx512"]), (v4.union(["avx512_vnni"]), ["cascadelake"]),
        (v4.union(["avx512_vnni", "avx512_bf16"]), ["cooperlake"]),
        (iceLake, ["icelake-client", "icelake-server", "rocketlake", "tigerlake"]), (zen4, ["znver4"]),
        (zen4.union(["avx_vnni"]), ["znver5"]), (sapphireRapids, ["sapphirerapids", "emeraldrapids", "graniterapids"]),
    ]
    return Dictionary(uniqueKeysWithValues: groups.flatMap { features, names in names.map { ($0, features) } })
}()

var kernelFlags = [
    "-Ounchecked", "-enforce-exclusivity=unchecked",
    // Generic helpers are specialised across files only when the module is compiled as a whole; one object file per
    // source, which a debug build expects, comes out only with threads.
    "-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode",
    // Without it a vector square root is one branch to libm per lane.
    "-Xcc", "-fno-math-errno",
    // clang's importer carries -march through to Swift's own code generation; other targets do not use it.
    "-Xcc", "-Qunused-arguments", "-Xcc", "-Xarch_x86_64", "-Xcc", "-march=\(architecture)",
]
let features = architecture == "native" ? processorFlags : featuresOfProcessors[architecture]
guard let features else {
    fatalError("LANES_ARCH: found '\(architecture)', expected native or one of \(featuresOfProcessors.keys.sorted())")
}

/// A setting for programs that run elsewhere; the name that somebody chose counts more.
func ifPortable(_ settings: SwiftSetting...) -> [SwiftSetting] { named == nil ? settings : [] }

let whenPortable = BuildSettingCondition.when(traits: ["Portable"])
let kernelDefines: [SwiftSetting] =
    (features.contains("fma") ? [.define("LANES_FMA")] : [])
    + (features.contains("avx512f") ? [.define("LANES_AVX512")] : [])
    + ifPortable(.define("LANES_FMA", whenPortable), .define("LANES_PORTABLE", whenPortable))
// What the kernels need, for the program to look before it runs them (Processor.swift): the names of levels, and what clang
// may use besides.
let processorDefines: [SwiftSetting] =
    [("sse4_2", "V2"), ("avx", "AVX"), ("avx2", "V3"), ("avx512vl", "V4")].filter { features.contains($0.0) }
    .map { .define("LANES_CPU_\($0.1)") }
    + Extra.allCases.filter { features.contains($0.rawValue) }.map { .define("LANES_CPU_\($0.rawValue.uppercased())") }
    + ifPortable(.define("LANES_PORTABLE", whenPortable))

// A plain `swift run` builds for debugging; these flags come after SwiftPM's own and win, so it is fast all the same.
let kernel: [SwiftSetting] =
    kernelDefines + [.unsafeFlags(kernelFlags)]
    // The last -march counts.
    + ifPortable(.unsafeFlags(["-Xcc", "-Xarch_x86_64", "-Xcc", "-march=\(portable)"], whenPortable))
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"])]

let graph: [SwiftSetting] = optimized + processorDefines + [.enableExperimentalFeature("Lifetimes")]

let package = Package(
    name: "Lanes",
    // InlineArray and Span are in the system's library from here on.
    platforms: [.macOS("26.0"), .iOS("26.0"), .macCatalyst("26.0"), .tvOS("26.0"), .visionOS("26.0")],
    products: [.library(name: "Lanes", targets: ["Lanes"])],
    traits: [
        .trait(
            name: "Portable",
            description: "Compiles for every x86-64 with AVX2 and FMA (2013 and later) instead of this machine's own.")
    ],
    targets: [
        // The library. Module names carry the package's, since a program can have only one module of a name.
        .target(name: "LanesKernels", path: "Sources/Kernels", swiftSettings: kernel),
        .target(name: "LanesFiles", path: "Sources/Files", swiftSettings: optimized),
        .target(name: "LanesGraph", dependencies: ["LanesKernels"], path: "Sources/Graph", swiftSettings: graph),
        .target(
            name: "LanesTraining", dependencies: ["LanesGraph", "LanesFiles"], path: "Sources/Training",
            swiftSettings: optimized),
        .target(
            name: "LanesData", dependencies: ["LanesTraining", "LanesFiles"], path: "Sources/Data",
            swiftSettings: optimized),
        .target(
            name: "LanesExchange", dependencies: ["LanesTraining", "LanesFiles"], path: "Sources/Exchange",
            swiftSettings: optimized),
        .target(
            name: "Lanes",
            dependencies: [
                "LanesKernels", "LanesFiles", "LanesGraph", "LanesTraining", "LanesData", "LanesExchange",
            ]),

        // What only this package's own commands need.
        .target(
            name: "LanesRecipes", dependencies: ["LanesTraining", "LanesData"], path: "Sources/Recipes",
            swiftSettings: optimized),
        .target(
            name: "LanesReport", dependencies: ["LanesRecipes"], path: "Sources/Report", swiftSettings: optimized),
        .target(
            name: "LanesDownload", dependencies: ["LanesData"], path: "Sources/Download", swiftSettings: optimized),
        .target(
            name: "LanesCommandLine", dependencies: ["LanesRecipes"], path: "Sources/CommandLine",
            swiftSettings: optimized),
        .executableTarget(name: "train", dependencies: ["LanesReport", "LanesCommandLine", "LanesDownload"]),
        .executableTarget(name: "evaluate", dependencies: ["LanesReport", "LanesCommandLine"]),
        .executableTarget(name: "compare", dependencies: ["LanesReport", "LanesCommandLine"]),
        .executableTarget(name: "predict", dependencies: ["LanesReport", "LanesCommandLine"]),
        .executableTarget(name: "export", dependencies: ["LanesExchange", "LanesCommandLine"]),
        // All of training in one file of plain loops, the first thing to read; BookTests prove it equal to the engine.
        .executableTarget(name: "smallest"),
        .executableTarget(
            name: "bench", dependencies: ["LanesRecipes", "LanesCommandLine", "MatrixSteps"], path: "Benchmarks",
            exclude: ["Assembly", "PyTorch", "Steps"],
            swiftSettings: optimized),
        .target(name: "MatrixSteps", path: "Benchmarks/Steps", swiftSettings: kernel),
        .target(
            name: "TestSupport", dependencies: ["LanesKernels"], path: "Tests/TestSupport",
            swiftSettings: optimized + (isSanitized ? [.define("LANES_SANITIZED")] : []),
            // So that tests can count allocations (AllocationCounter.swift).
            linkerSettings: isSanitized
                ? []
                : [
                    .unsafeFlags(
                        [
                            "-Xlinker", "--defsym=malloc=counted_malloc",
                            "-Xlinker", "--defsym=posix_memalign=counted_posix_memalign",
                        ], .when(platforms: [.linux]))
                ]),
        .testTarget(name: "KernelsTests", dependencies: ["LanesKernels", "MatrixSteps", "TestSupport"]),
        .testTarget(name: "GraphTests", dependencies: ["LanesGraph", "LanesTraining", "TestSupport"]),
        .testTarget(name: "FilesTests", dependencies: ["LanesFiles", "TestSupport"]),
        .testTarget(name: "DataTests", dependencies: ["LanesData", "TestSupport"]),
        .testTarget(name: "DownloadTests", dependencies: ["LanesDownload", "TestSupport"]),
        .testTarget(name: "TrainingTests", dependencies: ["LanesTraining", "LanesData", "TestSupport"]),
        .testTarget(name: "ExchangeTests", dependencies: ["LanesExchange", "LanesRecipes", "TestSupport"]),
        .testTarget(name: "RecipesTests", dependencies: ["LanesRecipes", "TestSupport"]),
        .testTarget(name: "ReportTests", dependencies: ["LanesReport", "TestSupport"]),
        .testTarget(name: "CommandLineTests", dependencies: ["LanesCommandLine"]),
        // What a user's program sees: the library's one public module.
        .testTarget(name: "LanesTests", dependencies: ["Lanes"], swiftSettings: optimized),
        // The answers to the exercises of the documentation's chapters (Sources/Lanes/Lanes.docc).
        .testTarget(name: "BookTests", dependencies: ["Lanes", "smallest"], swiftSettings: optimized),
        .testTarget(
            name: "CommandTests", dependencies: ["train", "evaluate", "compare", "predict", "export", "TestSupport"]),
    ]
)

if isSanitized {
    // What has threads or reads files of anybody's; the rest would only cost time.
    let tested = ["GraphTests", "FilesTests", "DataTests", "TrainingTests"]
    let isLibrary = { (target: Target) in target.name.hasPrefix("Lanes") && target.type == .regular }
    package.targets.removeAll { $0.name != "TestSupport" && !tested.contains($0.name) && !isLibrary($0) }
}
