/// A canonical Huffman code of at most 15 bits a symbol (RFC 1951, section 3.2.2) as one table that the next bits of
/// the stream index directly: MNIST's codes need some 12 to 15 bits, and such a table is filled in microseconds a
/// block.
struct HuffmanCode {
    /// `symbol << 4 | length` for each value of the next `maximumLength` bits; 0 where no code begins so.
    let table: [UInt16]
    let mask: UInt64

    /// - Parameter lengths: The bits of each symbol's code, at most 15, 0 for a symbol that does not occur; not
    ///   over-subscribed.
    init(lengths: ArraySlice<UInt8>) {
        let maximumLength = Int(lengths.max() ?? 0)
        var table = [UInt16](repeating: 0, count: 1 << maximumLength)
        var code = 0
        for length in stride(from: 1, through: maximumLength, by: 1) {
            for (symbol, symbolLength) in lengths.enumerated() where symbolLength == length {
                // The stream holds a code's first bit lowest, so the code is reversed, and whatever follows it is
                // above.
                let reversed = Int(UInt16(code).bitReversed >> (16 - length))
                for index in stride(from: reversed, to: table.count, by: 1 << length) {
                    table[index] = UInt16(symbol << 4 | length)
                }
                code += 1
            }
            code <<= 1
        }
        self.table = table
        mask = UInt64(table.count - 1)
    }

    /// The part of all 15-bit strings that no code begins, in units of 2⁻¹⁵: 0 for a complete code, negative for an
    /// over-subscribed one, which is no code at all.
    static func unused(lengths: ArraySlice<UInt8>) -> Int {
        lengths.reduce(1 << 15) { $0 - ($1 == 0 ? 0 : 1 << (15 - Int($1))) }
    }
}

extension UInt16 {
    fileprivate var bitReversed: UInt16 {
        var value = self
        value = (value & 0x5555) << 1 | (value >> 1) & 0x5555
        value = (value & 0x3333) << 2 | (value >> 2) & 0x3333
        value = (value & 0x0F0F) << 4 | (value >> 4) & 0x0F0F
        return value.byteSwapped
    }
}
