/// Reads a DEFLATE stream's bits, the lowest of each byte first (RFC 1951, section 3.1.1).
struct BitReader {
    private let input: UnsafeRawBufferPointer
    /// The next byte that `bits` does not hold yet.
    private var position: Int
    /// The next `count` bits, the first one lowest; above them may stand what the following bytes hold anyway.
    private var bits: UInt64 = 0
    private var count = 0

    init(_ input: UnsafeRawBufferPointer, at position: Int) {
        self.input = input
        self.position = position
    }

    /// Where the next bit lies, in bytes from the start of the input.
    var offset: Int { (position * 8 - count) / 8 }

    /// Makes at least 56 bits ready, or as many as the input still has.
    mutating func refill() {
        if position + 8 <= input.count {
            let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            bits |= word &<< UInt64(count)
            position += (63 - count) >> 3
            count |= 56
        } else {
            while count <= 56, position < input.count {
                bits |= UInt64(input[position]) &<< UInt64(count)
                position += 1
                count += 8
            }
        }
    }

    /// The next bits as a number; they must have been made ready.
    mutating func take(_ width: Int) throws(GzipError) -> Int {
        guard width <= count else { throw truncated() }
        let value = bits & ((1 &<< UInt64(width)) &- 1)
        bits &>>= UInt64(width)
        count -= width
        return Int(value)
    }

    /// The next symbol of the code; its bits must have been made ready.
    mutating func symbol(_ code: HuffmanCode) throws(GzipError) -> Int {
        let entry = Int(code.table[Int(bits & code.mask)])
        guard entry != 0 else {
            throw GzipError(offset: offset, problem: "found bits that are no code of the block's Huffman code")
        }
        _ = try take(entry & 15)
        return entry >> 4
    }

    /// Drops what is left of a byte that was begun.
    mutating func skipToByte() {
        position -= count / 8
        bits = 0
        count = 0
    }

    /// Skips to the next whole byte and returns the given number of bytes from there.
    mutating func takeBytes(_ length: Int) throws(GzipError) -> UnsafeRawBufferPointer {
        skipToByte()
        guard length <= input.count - position else { throw truncated() }
        defer { position += length }
        return UnsafeRawBufferPointer(rebasing: input[position..<position + length])
    }

    private func truncated() -> GzipError {
        GzipError(offset: input.count, problem: "the compressed data is cut off")
    }
}
