/// The two Huffman codes of a compressed DEFLATE block.
struct BlockCodes {
    /// Literals 0…255, the end of the block 256, and match lengths from 257 on.
    let literals: HuffmanCode
    let distances: HuffmanCode

    /// The codes that need no description (RFC 1951, section 3.2.6).
    static let fixed: BlockCodes = {
        let groups: [(length: UInt8, count: Int)] = [(8, 144), (9, 112), (7, 24), (8, 8)]
        let lengths = groups.flatMap { [UInt8](repeating: $0.length, count: $0.count) }
        return BlockCodes(
            literals: HuffmanCode(lengths: lengths[...]),
            distances: HuffmanCode(lengths: [UInt8](repeating: 5, count: 32)[...]))
    }()

    private init(literals: HuffmanCode, distances: HuffmanCode) {
        self.literals = literals
        self.distances = distances
    }

    /// Reads a dynamic block's description of its codes (RFC 1951, section 3.2.7).
    init(_ reader: inout BitReader) throws(GzipError) {
        let start = reader.offset
        try reader.refill()
        let literalCount = try reader.take(5) + 257
        let distanceCount = try reader.take(5) + 1
        let lengthCodeCount = try reader.take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else {
            throw GzipError(
                offset: start,
                problem: "found codes for \(literalCount) literals and lengths and \(distanceCount) distances, "
                    + "expected at most 286 and 30")
        }
        var lengthCodeLengths = [UInt8](repeating: 0, count: 19)
        for symbol in BlockCodes.lengthCodeOrder.prefix(lengthCodeCount) {
            try reader.refill()
            lengthCodeLengths[symbol] = UInt8(try reader.take(3))
        }
        try BlockCodes.check(lengthCodeLengths[...], name: "code length", at: start)
        let lengthCode = HuffmanCode(lengths: lengthCodeLengths[...])

        let count = literalCount + distanceCount
        var lengths: [UInt8] = []
        while lengths.count < count {
            try reader.refill()
            let symbol = try reader.symbol(lengthCode)
            let repeated: (length: UInt8, count: Int)
            switch symbol {
            case 16:
                guard let previous = lengths.last else {
                    throw GzipError(offset: reader.offset, problem: "found a repeated code length before the first one")
                }
                repeated = (previous, try reader.take(2) + 3)
            case 17: repeated = (0, try reader.take(3) + 3)
            case 18: repeated = (0, try reader.take(7) + 11)
            default: repeated = (UInt8(symbol), 1)
            }
            guard lengths.count + repeated.count <= count else {
                throw GzipError(offset: reader.offset, problem: "found more than the \(count) code lengths announced")
            }
            lengths.append(contentsOf: repeatElement(repeated.length, count: repeated.count))
        }
        guard lengths[256] != 0 else {
            throw GzipError(offset: start, problem: "found a block without a code for its end")
        }
        try BlockCodes.check(lengths[..<literalCount], name: "literal", at: start)
        try BlockCodes.check(lengths[literalCount...], name: "distance", at: start)
        literals = HuffmanCode(lengths: lengths[..<literalCount])
        distances = HuffmanCode(lengths: lengths[literalCount...])
    }

    /// Every code must be complete, except that a block may use one literal or distance only, which then has one bit,
    /// or no distance at all.
    private static func check(_ lengths: ArraySlice<UInt8>, name: String, at offset: Int) throws(GzipError) {
        let unused = HuffmanCode.unused(lengths: lengths)
        let isSingle = name != "code length" && lengths.allSatisfy { $0 <= 1 }
        guard unused == 0 || unused > 0 && isSingle else {
            throw GzipError(
                offset: offset, problem: "found \(unused < 0 ? "an over-subscribed" : "an incomplete") \(name) code")
        }
    }

    /// The code length code's lengths come in this order, the rarest last, so that they can be left out.
    private static let lengthCodeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
}
