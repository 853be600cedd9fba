import Testing

@testable import LanesGraph

@Suite("The processor that the kernels were compiled for")
struct ProcessorTests {
    @Test("What a processor lacks, in the order of what is needed")
    func missing() {
        let flags = "flags : fpu avx avx2 fma".split(separator: " ")
        #expect(Processor.missing(["avx", "avx512f", "fma", "gfni"], in: flags) == ["avx512f", "gfni"])
        #expect(Processor.missing([], in: flags).isEmpty)
        #expect(Processor.missing(["fma"], in: [String]()) == ["fma"])
    }

    @Test("The processor that runs the tests has it all")
    func here() {
        #expect(throws: Never.self) { try Processor.check() }
        #if arch(x86_64) && os(Linux)
            // Whatever is built here without another LANES_ARCH has at least these.
            #expect(Processor.needed.isEmpty || Processor.needed.contains("avx2"))
        #endif
    }

    @Test("The error names it and says what to do")
    func message() {
        let text = ProcessorError(missing: ["avx512f", "gfni"]).description
        #expect(text.hasPrefix("found a processor without avx512f, gfni,") && text.contains("LANES_ARCH=x86-64-v3"))
        #expect(!text.contains("\n"))
    }
}
