// swift-tools-version: 6.3
import Foundation
import PackageDescription

// The processor that the kernels are compiled for: this machine's own, or, for a build that will run elsewhere, any
// name that clang's -march knows: LANES_ARCH=x86-64-v3 swift build
let architecture = Context.environment["LANES_ARCH"] ?? "native"

/// Whether this machine's processor has the x86 feature.
func processorHas(_ feature: String) -> Bool {
    let description = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let flags = description.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    return flags.split(separator: " ").contains { $0 == feature }
}

var kernelFlags = [
    "-Ounchecked", "-enforce-exclusivity=unchecked",
    // Generic helpers are specialised across files only when the module is compiled as a whole; one object file per
    // source, which a debug build expects, comes out only with threads.
    "-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode",
    // Without it a vector square root is one branch to libm per lane.
    "-Xcc", "-fno-math-errno",
]
var kernelDefines: [SwiftSetting] = []
#if arch(x86_64)
    // clang's importer carries -march through to Swift's own code generation.
    kernelFlags += ["-Xcc", "-march=\(architecture)"]
    let avx512 = ["x86-64-v4", "skylake-avx512", "icelake", "sapphirerapids", "znver4", "znver5"]
    let withoutFMA = [
        "x86-64-v2", "core2", "penryn", "nehalem", "westmere", "sandybridge", "ivybridge", "btver", "bdver1",
    ]
    let isOld = architecture == "x86-64" || withoutFMA.contains { architecture.hasPrefix($0) }
    if architecture == "native" ? !processorHas("fma") : isOld { kernelDefines.append(.define("LANES_NO_FMA")) }
    let isWide = avx512.contains { architecture.hasPrefix($0) }
    if architecture == "native" ? processorHas("avx512f") : isWide { kernelDefines.append(.define("LANES_AVX512")) }
#endif

// A plain `swift run` builds for debugging; these flags come after SwiftPM's own and win, so it is fast all the same.
let kernel: [SwiftSetting] = kernelDefines + [.unsafeFlags(kernelFlags)]
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"])]

let package = Package(
    name: "Lanes",
    platforms: [.macOS("26.0")],
    products: [.library(name: "Lanes", targets: ["Kernels", "StaticGraph", "Datasets", "Recipes"])],
    targets: [
        .target(name: "Kernels", swiftSettings: kernel),
        .target(name: "StaticGraph", dependencies: ["Kernels"], swiftSettings: optimized),
        .target(name: "Datasets", dependencies: ["Kernels"], swiftSettings: optimized),
        .target(name: "Recipes", dependencies: ["StaticGraph", "Datasets"], swiftSettings: optimized),
        .executableTarget(name: "train", dependencies: ["Recipes"]),
        .executableTarget(name: "evaluate", dependencies: ["Recipes"]),
        .executableTarget(name: "predict", dependencies: ["Recipes"]),
        .executableTarget(name: "bench", dependencies: ["Recipes"], path: "Benchmarks", swiftSettings: optimized),
        .target(
            name: "TestSupport", dependencies: ["Kernels"], path: "Tests/TestSupport", swiftSettings: optimized,
            // So that tests can count allocations (AllocationCounter.swift).
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-Xlinker", "--defsym=malloc=counted_malloc",
                        "-Xlinker", "--defsym=posix_memalign=counted_posix_memalign",
                    ], .when(platforms: [.linux]))
            ]),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"]),
        .testTarget(name: "StaticGraphTests", dependencies: ["StaticGraph", "TestSupport"]),
        .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "TestSupport"]),
        .testTarget(name: "RecipesTests", dependencies: ["Recipes", "TestSupport"]),
        .testTarget(name: "CommandTests", dependencies: ["train", "evaluate", "predict", "TestSupport"]),
    ]
)
