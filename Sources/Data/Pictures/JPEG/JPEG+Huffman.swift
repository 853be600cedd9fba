import LanesFiles

extension JPEG {
    /// A Huffman code of at most 16 bits a symbol, as one table that the next bits index directly.
    struct HuffmanCode {
        /// `symbol << 5 | length` for each value of the next `width` bits; 0 where no code begins so.
        let table: [UInt16]
        /// The bits of the longest code.
        let width: Int

        /// - Parameters:
        ///   - counts: How many codes there are of 1…16 bits.
        ///   - symbols: Those of the shortest codes first (Annex C).
        /// - Returns: nil where there are more codes than strings of bits, or fewer symbols than codes.
        init?(counts: [Int], symbols: [UInt8]) {
            guard counts.reduce(0, +) == symbols.count else { return nil }
            width = 1 + (counts.lastIndex { $0 > 0 } ?? 0)
            var table = [UInt16](repeating: 0, count: 1 << width)
            var (start, next) = (0, 0)
            for length in 1...width {
                for _ in 0..<counts[length - 1] {
                    let end = start + 1 << (width - length)
                    guard end <= table.count else { return nil }
                    for index in start..<end { table[index] = UInt16(symbols[next]) << 5 | UInt16(length) }
                    (start, next) = (end, next + 1)
                }
            }
            self.table = table
        }
    }

    /// Reads a scan's bits, the highest of each byte first. Behind a byte 0xff that is data stands a 0; any other byte
    /// behind it makes it a marker, at which the data ends.
    struct BitReader {
        private let file: ByteReader
        /// The next `count` bits are the lowest ones.
        private var bits: UInt64 = 0
        private var count = 0
        /// The marker that the data ended with, once it was met.
        private var marker: Marker?
        private var isCutOff = false

        init(_ file: ByteReader) { self.file = file }

        /// Makes at least 32 bits ready, or as many as there are before the next marker.
        @inline(__always)
        mutating func refill() throws(ImageError) {
            if count < 32 { try refillSlowly() }
        }

        @inline(never)
        private mutating func refillSlowly() throws(ImageError) {
            while count <= 56, marker == nil, !isCutOff {
                do throws(FileError) {
                    guard var byte = try file.byte() else { return isCutOff = true }
                    if byte == 0xff {
                        while byte == 0xff {
                            guard let next = try file.byte() else { return isCutOff = true }
                            byte = next
                        }
                        guard byte == 0 else { return marker = Marker(byte, position: file.position) }
                        byte = 0xff
                    }
                    bits = bits << 8 | UInt64(byte)
                    count += 8
                } catch {
                    throw ImageError(error)
                }
            }
        }

        /// The next symbol of the code; its bits must have been made ready.
        @inline(__always)
        mutating func symbol(_ code: HuffmanCode) throws(ImageError) -> Int {
            // Behind the last bit stand zeros.
            let ahead = count >= code.width ? bits >> UInt64(count - code.width) : bits << UInt64(code.width - count)
            let entry = Int(code.table[Int(truncatingIfNeeded: ahead) & (code.table.count - 1)])
            let length = entry & 31
            guard length > 0, length <= count else { throw length > count ? ended() : unknownCode() }
            count -= length
            return entry >> 5
        }

        /// The next bits as a number that is negative if its first bit is 0 (Table F.1, EXTEND); they must have been
        /// made ready.
        @inline(__always)
        mutating func number(bits width: Int) throws(ImageError) -> Int {
            if width == 0 { return 0 }
            guard width <= count else { throw ended() }
            count -= width
            let value = Int(truncatingIfNeeded: bits >> UInt64(count)) & (1 << width - 1)
            return value < 1 << (width - 1) ? value - (1 << width - 1) : value
        }

        /// Drops what fills up the last byte, and takes the marker behind it.
        mutating func endMarker() throws(ImageError) -> Marker {
            (bits, count) = (0, 0)
            if isCutOff { throw JPEG.cutOff(file) }
            defer { marker = nil }
            if let marker { return marker }
            return try Marker(next: file, skipsPadding: true)
        }

        private func unknownCode() -> ImageError {
            ImageError(problem: "found bits before byte \(file.position) that are no code of the scan's")
        }

        private func ended() -> ImageError {
            guard let marker else { return JPEG.cutOff(file) }
            return ImageError(
                problem: "found marker \(String(marker.code, radix: 16)) (hexadecimal) at byte \(marker.position), "
                    + "expected more of the scan's data")
        }
    }
}
