import Foundation

#if arch(x86_64)
    // clang's own header, which all platforms have.
    import _Builtin_intrinsics.intel.cpuid
#endif

/// The processor that the kernels were compiled for, against the one that the program runs on.
package enum Processor {
    /// A feature of x86-64, named as in /proc/cpuinfo, and where the instruction CPUID tells of it.
    struct Feature {
        enum Register { case ebx, ecx, edx, eax }

        let name: String
        let leaf: UInt32
        let subleaf: UInt32
        let register: Register
        let bit: Int

        init(_ name: String, _ leaf: UInt32, _ register: Register, _ bit: Int, subleaf: UInt32 = 0) {
            (self.name, self.leaf, self.register, self.bit, self.subleaf) = (name, leaf, register, bit, subleaf)
        }
    }

    /// What the kernels' code may use. Package.swift says it, since only the kernels are compiled for more than the oldest
    /// processor.
    static let needed: [Feature] = {
        var features: [Feature] = []
        #if LANES_CPU_V2 || LANES_PORTABLE
            features += v2
        #endif
        #if LANES_CPU_AVX || LANES_PORTABLE
            features += avx
        #endif
        #if LANES_CPU_V3 || LANES_PORTABLE
            features += v3
        #endif
        // The rest is of the machine that compiled, and a portable program is not for that alone.
        #if !LANES_PORTABLE
            #if LANES_CPU_V4
                features += v4
            #endif
            #if LANES_CPU_AVX512_BF16
                features.append(Feature("avx512_bf16", 7, .eax, 5, subleaf: 1))
            #endif
            #if LANES_CPU_AVX512_BITALG
                features.append(Feature("avx512_bitalg", 7, .ecx, 12))
            #endif
            #if LANES_CPU_AVX512_FP16
                features.append(Feature("avx512_fp16", 7, .edx, 23))
            #endif
            #if LANES_CPU_AVX512IFMA
                features.append(Feature("avx512ifma", 7, .ebx, 21))
            #endif
            #if LANES_CPU_AVX512VBMI
                features.append(Feature("avx512vbmi", 7, .ecx, 1))
            #endif
            #if LANES_CPU_AVX512_VBMI2
                features.append(Feature("avx512_vbmi2", 7, .ecx, 6))
            #endif
            #if LANES_CPU_AVX512_VNNI
                features.append(Feature("avx512_vnni", 7, .ecx, 11))
            #endif
            #if LANES_CPU_AVX512_VPOPCNTDQ
                features.append(Feature("avx512_vpopcntdq", 7, .ecx, 14))
            #endif
            #if LANES_CPU_AVX_VNNI
                features.append(Feature("avx_vnni", 7, .eax, 4, subleaf: 1))
            #endif
            #if LANES_CPU_GFNI
                features.append(Feature("gfni", 7, .ecx, 8))
            #endif
            #if LANES_CPU_FMA4
                features.append(Feature("fma4", 0x8000_0001, .ecx, 16))
            #endif
            #if LANES_CPU_SSE4A
                features.append(Feature("sse4a", 0x8000_0001, .ecx, 6))
            #endif
            #if LANES_CPU_XOP
                features.append(Feature("xop", 0x8000_0001, .ecx, 11))
            #endif
        #endif
        return features
    }()

    // The levels of x86-64's own specification, each without those below it.
    static let v2 = [
        Feature("ssse3", 1, .ecx, 9), Feature("sse4_1", 1, .ecx, 19), Feature("sse4_2", 1, .ecx, 20),
        Feature("popcnt", 1, .ecx, 23),
    ]
    // The second is the operating system's part: that it keeps the registers.
    static let avx = [Feature("avx", 1, .ecx, 28), Feature("osxsave", 1, .ecx, 27)]
    static let v3 = [
        Feature("avx2", 7, .ebx, 5), Feature("bmi1", 7, .ebx, 3), Feature("bmi2", 7, .ebx, 8),
        Feature("f16c", 1, .ecx, 29), Feature("fma", 1, .ecx, 12), Feature("abm", 0x8000_0001, .ecx, 5),
        Feature("movbe", 1, .ecx, 22),
    ]
    static let v4 = [
        Feature("avx512f", 7, .ebx, 16), Feature("avx512bw", 7, .ebx, 30), Feature("avx512cd", 7, .ebx, 28),
        Feature("avx512dq", 7, .ebx, 17), Feature("avx512vl", 7, .ebx, 31),
    ]

    /// Whether this processor has a feature.
    static func has(_ feature: Feature) -> Bool {
        #if arch(x86_64)
            var (eax, ebx, ecx, edx): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
            guard __get_cpuid_count(feature.leaf, feature.subleaf, &eax, &ebx, &ecx, &edx) != 0 else { return false }
            let word =
                switch feature.register {
                case .eax: eax
                case .ebx: ebx
                case .ecx: ecx
                case .edx: edx
                }
            return word >> feature.bit & 1 != 0
        #else
            return false
        #endif
    }

    #if os(Linux) && arch(x86_64)
        /// The flags of the first processor in /proc/cpuinfo: Linux takes out of them what it does not keep the registers of,
        /// which CPUID does not say.
        private static let flagsOfSystem: Set<Substring>? = {
            let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            return text?.split(separator: "\n").first { $0.hasPrefix("flags") }.map { Set($0.split(separator: " ")) }
        }()
    #endif

    /// Whether the operating system lets programs use a feature that the processor has.
    private static func isAllowed(_ feature: Feature) -> Bool {
        #if os(Linux) && arch(x86_64)
            // It has no word for its own part.
            flagsOfSystem.map { $0.contains(Substring(feature.name)) || feature.name == "osxsave" } ?? true
        #else
            true
        #endif
    }

    /// The names of what this processor lacks; other processors than x86-64 have all that their code was compiled for.
    private static let missing: [String] = {
        #if arch(x86_64)
            needed.filter { !has($0) || !isAllowed($0) }.map(\.name)
        #else
            []
        #endif
    }()

    /// Commands ask before they begin: a kernel that runs where it cannot ends the program without a word.
    ///
    /// - Throws: `ProcessorError` where the processor lacks what the kernels were compiled for.
    package static func check() throws(ProcessorError) {
        if !missing.isEmpty { throw ProcessorError(missing: missing) }
    }

    /// The same for parameters and executors, before their first kernel.
    static func check(for node: String) throws(GraphError) {
        guard !missing.isEmpty else { return }
        throw GraphError(
            node: node, found: "a processor without \(missing.joined(separator: ", "))",
            expected: "one that the kernels were compiled for: \(ProcessorError(missing: missing).remedy)")
    }
}

/// A program compiled for another processor than the one that it runs on.
package struct ProcessorError: Error, Equatable, CustomStringConvertible {
    /// Features by their names in /proc/cpuinfo.
    package let missing: [String]

    package init(missing: [String]) { self.missing = missing }

    /// How to build it for that processor.
    var remedy: String {
        let portable = Set((Processor.v2 + Processor.avx + Processor.v3).map(\.name))
        return portable.isDisjoint(with: missing)
            ? "swift build --traits Portable suits most"
            : "LANES_ARCH=x86-64 swift build suits all, but is slow and has other last bits"
    }

    package var description: String {
        "found a processor without \(missing.joined(separator: ", ")), which the program was compiled for; "
            + "build it on this machine, or for others: \(remedy)"
    }
}
