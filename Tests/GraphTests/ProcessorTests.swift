import Foundation
import LanesKernels
import Testing

@testable import LanesGraph

@Suite("The processor that the kernels were compiled for")
struct ProcessorTests {
    @Test("The processor that runs the tests has it all, and FMA is needed where the kernels use it")
    func here() {
        #expect(throws: Never.self) { try Processor.check() }
        #if arch(x86_64)
            #expect(Processor.needed.contains { $0.name == "fma" } == hasFusedMultiplyAdd)
        #endif
    }

    #if os(Linux) && arch(x86_64)
        @Test("CPUID tells what Linux tells")
        func features() throws {
            let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") })
            let flags = Set(line.split(separator: " ").map { String($0) })
            // Linux has no word for the operating system's own part.
            for feature in Processor.v2 + Processor.avx + Processor.v3 + Processor.v4 where feature.name != "osxsave" {
                #expect(Processor.has(feature) == flags.contains(feature.name), "\(feature.name)")
            }
            #expect(Processor.needed.allSatisfy { flags.contains($0.name) || $0.name == "osxsave" })
        }
    #endif

    @Test("The error names it and says what to do, in one line")
    func message() {
        let new = ProcessorError(missing: ["avx512f", "gfni"]).description
        #expect(new.hasPrefix("found a processor without avx512f, gfni,") && new.contains("--traits Portable"))
        let old = ProcessorError(missing: ["avx", "fma"]).description
        #expect(old.contains("LANES_ARCH=x86-64 swift build") && !(new + old).contains("\n"))
    }
}
