import LanesKernels

/// Changes files at random, so that readers meet all that a damaged or hostile file may hold. Equal seeds and indices
/// give equal changes.
package struct Mutator {
    private var random: RandomStream

    /// - Parameter index: Which of the seed's sequences of changes.
    package init(seed: UInt64, index: Int) {
        random = RandomStream(seed: seed, purpose: .gradientCheck, index: index)
    }

    /// A number in 0..<bound; 0 where that is empty.
    package mutating func integer(below bound: Int) -> Int { bound > 1 ? random.integer(below: bound) : 0 }

    /// One of the elements; there must be one.
    package mutating func choice<Element>(of elements: [Element]) -> Element {
        elements[random.integer(below: elements.count)]
    }

    // MARK: Bytes

    /// One of the files with one to four changes of bytes, of whatever format they are.
    package mutating func bytes(_ files: [[UInt8]]) -> [UInt8] {
        var file = choice(of: files)
        for _ in 0...integer(below: 4) { change(&file, files) }
        return file
    }

    /// Changes some bytes, or where they stand.
    ///
    /// - Parameter files: Files to take parts of.
    package mutating func change(_ file: inout [UInt8], _ files: [[UInt8]]) {
        let place = integer(below: file.count)
        switch integer(below: 11) {
        case 0 where !file.isEmpty: file[place] ^= 1 << UInt8(integer(below: 8))
        case 1 where !file.isEmpty: file[place] = choice(of: [0, 1, 127, 128, 254, 255])
        case 2 where !file.isEmpty: file[place] = UInt8(truncatingIfNeeded: random.next())
        case 3: file.removeSubrange(place...)
        case 4: file.insert(contentsOf: (0...integer(below: 8)).map { _ in UInt8(integer(below: 256)) }, at: place)
        case 5:
            file.insert(
                contentsOf: [UInt8](repeating: choice(of: [0, 32, 48, 255]), count: 1 << integer(below: 9)), at: place)
        case 6: file.removeSubrange(slice(of: file))
        case 7: file.insert(contentsOf: file[slice(of: file)], at: place)
        case 8:
            let (first, second) = (slice(of: file), slice(of: file))
            let moved = file[second]
            file.replaceSubrange(first, with: moved)
        case 9 where file.count >= 4: replaceNumber(&file)
        default:
            let other = choice(of: files)
            file = Array(file[..<place]) + other[min(integer(below: other.count), other.count)...]
        }
    }

    /// A few bytes, more rarely many.
    private mutating func slice(of file: [UInt8]) -> Range<Int> {
        let start = integer(below: file.count)
        return start..<min(file.count, start + 1 + integer(below: 1 << integer(below: 8)))
    }

    /// Replaces four bytes by a number that lengths and sizes stumble over.
    private mutating func replaceNumber(_ file: inout [UInt8]) {
        let place = integer(below: file.count - 3)
        let old = file[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let number = choice(of: [
            0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffc, 0x0001_0000, UInt32(file.count), old &+ 1,
            old &- 1,
        ])
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        file.replaceSubrange(place..<place + 4, with: integer(below: 2) == 0 ? bytes : bytes.reversed())
    }

    // MARK: JSON and other text

    private static let numbers = [
        "0", "-1", "1", "2", "3", "7", "0.5", "1e300", "1e-320", "65536", "65537", "4294967296", "1099511627776",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "01", "1e400",
    ].map { Array($0.utf8) }
    private static let values = ["null", "true", "[]", "{}", "\"\"", "[[]]", "\"\\u0000\"", "\"\\ud800\"", ""]
        .map { Array($0.utf8) }

    /// Bytes that readers of texts look at, and some that are no text.
    private static let marks = Array("\",;:\t\r\n 019.+-eE#\\/{}[]aé\u{feff}".utf8) + [0, 0x7f, 0xc3, 0xff]

    /// Changes a text of numbers, strings and parts between commas: JSON, or a table.
    package mutating func changeText(_ text: inout [UInt8], separator: UInt8 = UInt8(ascii: ",")) {
        switch integer(below: 8) {
        case 0, 1:
            guard let old = token(of: text, { (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e].contains($0) }) else {
                return
            }
            text.replaceSubrange(old, with: choice(of: Mutator.numbers))
        case 2:
            guard let old = quoted(text) else { return }
            text.replaceSubrange(old, with: choice(of: Mutator.values + Mutator.numbers))
        case 3:
            guard let old = quoted(text), let new = quoted(text) else { return }
            let name = text[new]
            text.replaceSubrange(old, with: name)
        case 4: text.removeSubrange(part(of: text, separator))
        case 5:
            let (old, new) = (part(of: text, separator), part(of: text, separator))
            let moved = text[new]
            text.replaceSubrange(old, with: moved)
        case 6:
            let old = part(of: text, separator)
            text.insert(contentsOf: text[old] + [separator], at: old.lowerBound)
        default:
            let byte = choice(of: Mutator.marks)
            let place = integer(below: text.count)
            if integer(below: 2) == 0, !text.isEmpty { text[place] = byte } else { text.insert(byte, at: place) }
        }
    }

    /// One of the files with one to three changes of a text, or of bytes.
    package mutating func text(_ files: [[UInt8]], separator: Unicode.Scalar) -> [UInt8] {
        guard integer(below: 3) > 0 else { return bytes(files) }
        var file = choice(of: files)
        for _ in 0...integer(below: 3) { changeText(&file, separator: UInt8(ascii: separator)) }
        return file
    }

    /// A run of bytes of a kind, searched from a random place on.
    private mutating func token(of text: [UInt8], _ isPart: (UInt8) -> Bool) -> Range<Int>? {
        guard let start = text[min(integer(below: text.count), text.count)...].firstIndex(where: isPart) else {
            return nil
        }
        return start..<(text[start...].firstIndex { !isPart($0) } ?? text.count)
    }

    /// A string with its quotes, or what stands between two strings.
    private mutating func quoted(_ text: [UInt8]) -> Range<Int>? {
        let quote = UInt8(ascii: "\"")
        guard let start = text[min(integer(below: text.count), text.count)...].firstIndex(of: quote),
            let end = text[(start + 1)...].firstIndex(of: quote)
        else { return nil }
        return start..<end + 1
    }

    private mutating func part(of text: [UInt8], _ separator: UInt8) -> Range<Int> {
        let place = integer(below: text.count)
        let start = text[..<min(place, text.count)].lastIndex(of: separator).map { $0 + 1 } ?? 0
        return start..<(text[start...].firstIndex(of: separator) ?? text.count)
    }

    // MARK: Formats

    /// A gzip file with right checksums: what a mutation made in stored blocks, with header fields and members as they
    /// come; or a packed one with any change.
    package mutating func gzip(_ files: [[UInt8]], contents: [[UInt8]]) -> [UInt8] {
        guard integer(below: 2) == 0 else { return bytes(files) }
        var file: [UInt8] = []
        for _ in 0...integer(below: 3) {
            var member = GzipFixtures.stored(bytes(contents))
            let flags = UInt8(choice(of: [0, 0, 0, 4, 8, 16, 28]))
            var fields: [UInt8] = []
            if flags & 4 != 0 { fields += [3, 0, 9, 9, 9] }
            if flags & 8 != 0 { fields += [65, 66, 0] }
            if flags & 16 != 0 { fields += [67, 0] }
            member[3] = flags
            member.insert(contentsOf: fields, at: 10)
            file += member
        }
        return file
    }

    /// A safetensors file whose header has changed as a text, and whose length is that of the header.
    package mutating func safetensors(_ files: [[UInt8]]) -> [UInt8] {
        let file = choice(of: files)
        guard integer(below: 4) > 0, file.count >= 8 else { return bytes(files) }
        let size = Int(file[0]) | Int(file[1]) << 8 | Int(file[2]) << 16
        guard 8 + size <= file.count else { return bytes(files) }
        var header = Array(file[8..<8 + size])
        for _ in 0...integer(below: 3) { changeText(&header) }
        var data = Array(file[(8 + size)...])
        if integer(below: 4) == 0 { change(&data, [data]) }
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
    }

    /// A PNG file made of changed chunks with right checksums, or of changed pixels in stored blocks, or one with any
    /// change.
    package mutating func png(_ files: [[UInt8]]) -> [UInt8] {
        let file = choice(of: files)
        switch integer(below: 3) {
        case 0: return bytes(files)
        case 1:
            var chunks = PNGChunks.chunks(of: file)
            let others = PNGChunks.chunks(of: choice(of: files))
            for _ in 0...integer(below: 2) { change(&chunks, others) }
            return PNGChunks.file(of: chunks)
        default: return picture()
        }
    }

    private static let types = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "tEXt", "quQq", "QQQQ", "pHYs"]

    private mutating func change(_ chunks: inout [PNGChunks.Chunk], _ others: [PNGChunks.Chunk]) {
        guard !chunks.isEmpty, !others.isEmpty else { return }
        let (place, other) = (integer(below: chunks.count), integer(below: chunks.count))
        switch integer(below: 7) {
        case 0: chunks.remove(at: place)
        case 1: chunks.insert(chunks[other], at: place)
        case 2: chunks.swapAt(place, other)
        case 3: chunks.insert(choice(of: others), at: place)
        case 4: chunks[place].type = choice(of: Mutator.types)
        case 5:
            let body = (0..<choice(of: [0, 1, 2, 3, 6, 12, 255, 256, 768, 771])).map { _ in UInt8(integer(below: 4)) }
            chunks.insert(PNGChunks.Chunk(type: choice(of: Mutator.types), body: body), at: place)
        default: change(&chunks[place].body, [chunks[place].body])
        }
    }

    /// A picture of a few pixels that breaks few rules or none.
    private mutating func picture() -> [UInt8] {
        let (height, width) = (1 + integer(below: 5), 1 + integer(below: 9))
        let color = choice(of: [0, 2, 3, 4, 6])
        let depth = choice(of: [1, 2, 4, 8, 16])
        let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color] ?? 1
        let rowSize = 1 + (width * channels * depth + 7) / 8
        var rows = (0..<height * rowSize).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for row in 0..<height { rows[row * rowSize] = UInt8(integer(below: 20) == 0 ? 5 : integer(below: 5)) }
        if integer(below: 10) == 0 { change(&rows, [rows]) }
        let header = [
            0, 0, 0, UInt8(width), 0, 0, 0, UInt8(height), UInt8(depth), UInt8(color), 0, 0,
            integer(below: 8) == 0 ? 1 : 0,
        ]
        var chunks = [PNGChunks.Chunk(type: "IHDR", body: header)]
        if color == 3 || integer(below: 4) == 0 {
            let count = integer(below: 4) == 0 ? integer(below: 300) : 1 << min(depth, 8)
            chunks.append(
                PNGChunks.Chunk(type: "PLTE", body: (0..<3 * count).map { UInt8(truncatingIfNeeded: 7 * $0) }))
        }
        if integer(below: 3) == 0 {
            let size = integer(below: 4) == 0 ? integer(below: 9) : color == 3 ? 1 : 2 * channels
            chunks.append(PNGChunks.Chunk(type: "tRNS", body: (0..<size).map { _ in UInt8(integer(below: 3)) }))
        }
        let data = PNGChunks.zlib(rows)
        let cut = integer(below: data.count)
        chunks += [data[..<cut], data[cut...]].map { PNGChunks.Chunk(type: "IDAT", body: Array($0)) }
        chunks.append(PNGChunks.Chunk(type: "IEND", body: []))
        if integer(below: 3) == 0 { change(&chunks, chunks) }
        return PNGChunks.file(of: chunks)
    }
}
