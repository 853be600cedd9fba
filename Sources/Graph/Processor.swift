import Foundation

/// The processor that the kernels were compiled for, against the one that the program runs on.
package enum Processor {
    /// The features of x86 that the kernels' code may use, by their names in /proc/cpuinfo. Package.swift says them, since
    /// only the kernels are compiled for more than the oldest processor.
    static let needed: [String] = {
        var names: [String] = []
        #if LANES_CPU_V3
            names += ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]
        #endif
        #if LANES_CPU_V4
            names += ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
        #endif
        #if LANES_CPU_AVX512_BF16
            names.append("avx512_bf16")
        #endif
        #if LANES_CPU_AVX512_BITALG
            names.append("avx512_bitalg")
        #endif
        #if LANES_CPU_AVX512_FP16
            names.append("avx512_fp16")
        #endif
        #if LANES_CPU_AVX512IFMA
            names.append("avx512ifma")
        #endif
        #if LANES_CPU_AVX512VBMI
            names.append("avx512vbmi")
        #endif
        #if LANES_CPU_AVX512_VBMI2
            names.append("avx512_vbmi2")
        #endif
        #if LANES_CPU_AVX512_VNNI
            names.append("avx512_vnni")
        #endif
        #if LANES_CPU_AVX512_VPOPCNTDQ
            names.append("avx512_vpopcntdq")
        #endif
        #if LANES_CPU_AVX_VNNI
            names.append("avx_vnni")
        #endif
        #if LANES_CPU_GFNI
            names.append("gfni")
        #endif
        return names
    }()

    /// The needed features that a processor with these flags lacks, in the order of `needed`.
    static func missing(_ needed: [String], in flags: some Sequence<some StringProtocol>) -> [String] {
        let known = Set(flags.map { String($0) })
        return needed.filter { !known.contains($0) }
    }

    /// What this processor lacks; empty also where that cannot be found out.
    private static let missing: [String] = {
        #if os(Linux) && arch(x86_64)
            guard !needed.isEmpty, let flags = flags() else { return [] }
            return missing(needed, in: flags)
        #elseif os(macOS) && arch(x86_64)
            // Apple's Intel machines differ in little else.
            let names = ["avx2": "hw.optional.avx2_0", "fma": "hw.optional.fma", "avx512f": "hw.optional.avx512f"]
            return needed.filter { name in
                guard let key = names[name] else { return false }
                var (value, size) = (Int32(0), MemoryLayout<Int32>.size)
                return sysctlbyname(key, &value, &size, nil, 0) == 0 && value == 0
            }
        #else
            return []
        #endif
    }()

    /// The flags of the first processor in /proc/cpuinfo.
    private static func flags() -> [Substring]? {
        let description = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        return description?.split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ")
    }

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
            expected: "one that the kernels were compiled for: LANES_ARCH=x86-64-v3 swift build suits most")
    }
}

/// A program compiled for another processor than the one that it runs on.
package struct ProcessorError: Error, Equatable, CustomStringConvertible {
    /// Features by their names in /proc/cpuinfo.
    package let missing: [String]

    package init(missing: [String]) { self.missing = missing }

    package var description: String {
        "found a processor without \(missing.joined(separator: ", ")), which the program was compiled for; "
            + "build it on this machine, or for most others too: LANES_ARCH=x86-64-v3 swift build"
    }
}
