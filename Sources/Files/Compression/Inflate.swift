/// Decompresses DEFLATE streams (RFC 1951), one after another, piece by piece.
struct Inflater {
    /// The compressed bytes. Between streams others may read them.
    var reader: BitReader
    /// The last 32 KiB that came out, as far as matches may look back, and room for more behind them.
    private var window = [UInt8](
        repeating: 0, count: Inflater.reach + Inflater.longestPiece + Inflater.longestMatch)
    /// How much of the window is filled.
    private var count = 0
    /// How far a match may look back.
    private var history = 0
    private var state = State.ended
    /// Whether no block follows this one.
    private var isLast = false

    /// Where in a stream it is.
    private enum State {
        /// Before a block's header.
        case block
        /// In a stored block of which so many bytes are to come.
        case stored(Int)
        case coded(BlockCodes)
        case ended
    }

    private static let reach = 1 << 15
    private static let longestPiece = 1 << 16
    /// The longest match, the most that one symbol can add.
    private static let longestMatch = 258

    init(_ stream: any ByteStream) { reader = BitReader(stream) }

    /// Begins a stream where the compressed bytes are now.
    mutating func begin() { (state, history, isLast) = (.block, 0, false) }

    /// Whether no compressed byte is left.
    mutating func isAtEnd() throws(GzipError) -> Bool { try reader.isAtEnd() }

    /// The next bytes of the stream; none at its end.
    ///
    /// - Throws: ``GzipError`` where the stream breaks the format or is cut off.
    mutating func next() throws(GzipError) -> [UInt8] {
        if count > Inflater.reach {
            let kept = count - Inflater.reach
            window.withUnsafeMutableBytes { window in
                window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[kept..<kept + Inflater.reach]))
            }
            count = Inflater.reach
        }
        let start = count
        while window.count - count >= Inflater.longestMatch {
            switch state {
            case .block: try beginBlock()
            case .stored(let left): try stored(left)
            case .coded(let codes): try coded(codes)
            case .ended: return Array(window[start..<count])
            }
        }
        return Array(window[start..<count])
    }

    private mutating func beginBlock() throws(GzipError) {
        guard !isLast else {
            reader.skipToByte()
            state = .ended
            return
        }
        try reader.refill()
        isLast = try reader.take(1) == 1
        let kind = try reader.take(2)
        switch kind {
        case 0:
            reader.skipToByte()
            let start = reader.offset
            let length = UInt16(try reader.littleEndian(bytes: 2))
            let complement = UInt16(try reader.littleEndian(bytes: 2))
            guard complement == ~length else {
                throw GzipError(
                    offset: start, problem: "stored block's length is \(length), but its complement says \(~complement)"
                )
            }
            state = .stored(Int(length))
        case 1: state = .coded(.fixed)
        case 2: state = .coded(try BlockCodes(&reader))
        default: throw GzipError(offset: reader.offset, problem: "found block type 3, expected 0, 1 or 2")
        }
    }

    /// Copies as much of a stored block as there is room for.
    private mutating func stored(_ left: Int) throws(GzipError) {
        let length = min(left, window.count - count)
        try reader.copy(to: count..<count + length, of: &window)
        advance(length)
        state = length == left ? .block : .stored(left - length)
    }

    /// Decodes symbols up to the block's end or as many as there is room for.
    private mutating func coded(_ codes: BlockCodes) throws(GzipError) {
        // In variables of their own, which the loop can keep in registers.
        var reader = self.reader
        var count = self.count
        let start = count - history
        defer {
            self.reader = reader
            advance(count - self.count)
        }
        while window.count - count >= Inflater.longestMatch {
            // One refill lasts for a whole match: 15 + 5 bits of length and 15 + 13 of distance.
            try reader.refill()
            let symbol = try reader.symbol(codes.literals)
            if symbol < 256 {
                window[count] = UInt8(truncatingIfNeeded: symbol)
                count += 1
                continue
            }
            if symbol == 256 {
                state = .block
                return
            }
            guard symbol <= 285 else {
                throw GzipError(offset: reader.offset, problem: "found length symbol \(symbol), expected at most 285")
            }
            let length = try Inflater.lengths[symbol - 257].value(&reader)
            let distanceSymbol = try reader.symbol(codes.distances)
            guard distanceSymbol <= 29 else {
                throw GzipError(
                    offset: reader.offset, problem: "found distance symbol \(distanceSymbol), expected at most 29")
            }
            let distance = try Inflater.distances[distanceSymbol].value(&reader)
            guard distance <= count - start else {
                throw GzipError(
                    offset: reader.offset,
                    problem: "found a match \(distance) bytes back, only \(count - start) bytes came before it")
            }
            window.withUnsafeMutableBufferPointer { window in
                // Byte by byte: a match may overlap what it produces.
                for index in count..<count + length { window[index] = window[index - distance] }
            }
            count += length
        }
    }

    private mutating func advance(_ length: Int) {
        count += length
        history = min(history + length, Inflater.reach)
    }

    /// A number coded as a base plus some extra bits.
    private struct Range {
        let base: UInt16
        let extraBits: UInt8

        func value(_ reader: inout BitReader) throws(GzipError) -> Int {
            try Int(base) + reader.take(Int(extraBits))
        }
    }

    /// The match lengths of symbols 257…285 (RFC 1951, section 3.2.5).
    private static let lengths: [Range] = ranges(from: 3, count: 28, direct: 4) + [Range(base: 258, extraBits: 0)]

    /// The match distances of symbols 0…29.
    private static let distances: [Range] = ranges(from: 1, count: 30, direct: 2)

    /// Consecutive ranges: the first `2 * direct` hold one number each, then every `direct` ranges are twice as long.
    private static func ranges(from first: Int, count: Int, direct: Int) -> [Range] {
        var base = first
        return (0..<count).map { index in
            let extraBits = max(0, index / direct - 1)
            defer { base += 1 << extraBits }
            return Range(base: UInt16(base), extraBits: UInt8(extraBits))
        }
    }
}
