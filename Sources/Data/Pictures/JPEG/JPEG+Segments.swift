import LanesFiles

extension JPEG {
    /// The byte 0xff, any number of times, and one that is neither 0 nor 0xff: what stands before every part of a file.
    struct Marker {
        let code: UInt8
        /// Where it ends in the file.
        let position: Int

        static let baseline: UInt8 = 0xc0
        static let extended: UInt8 = 0xc1
        static let huffman: UInt8 = 0xc4
        static let restarts: ClosedRange<UInt8> = 0xd0...0xd7
        static let scan: UInt8 = 0xda
        static let quantization: UInt8 = 0xdb
        static let restartInterval: UInt8 = 0xdd
        static let applications: ClosedRange<UInt8> = 0xe0...0xef
        static let comment: UInt8 = 0xfe

        init(_ code: UInt8, position: Int) { (self.code, self.position) = (code, position) }

        /// Takes the next marker.
        ///
        /// - Parameter skipsPadding: Whether bytes before it are passed over, as some cameras write behind a scan.
        init(next file: ByteReader, skipsPadding: Bool = false) throws(ImageError) {
            var byte: UInt8
            repeat {
                byte = try JPEG.byte(file)
                while skipsPadding, byte != 0xff { byte = try JPEG.byte(file) }
                guard byte == 0xff else {
                    throw ImageError(problem: "found byte \(byte) at byte \(file.position - 1), expected a marker")
                }
                while byte == 0xff { byte = try JPEG.byte(file) }
            } while byte == 0 && skipsPadding
            self.init(byte, position: file.position)
        }

        /// Why the file is not read on from here (Table B.1).
        var refusal: ImageError {
            let kind =
                switch code {
                case 0xc2: "a progressive"
                case 0xc3: "a lossless"
                case 0xc5...0xc7, 0xde, 0xdf: "a hierarchical"
                case 0xc9...0xcf: "an arithmetically coded"
                case 0xf7: "a lossless (JPEG-LS)"
                default: ""
                }
            if !kind.isEmpty {
                return ImageError(
                    problem: "found \(kind) JPEG image, expected a baseline one (save it anew without that)")
            }
            let name = code == 0xd9 ? "the end of the image" : "marker \(String(code, radix: 16)) (hexadecimal)"
            return ImageError(problem: "found \(name) at byte \(position), expected a scan or what belongs before one")
        }
    }

    /// What follows most markers: two bytes that say how many there are, with these, and the others.
    struct Segment {
        let marker: Marker
        let bytes: [UInt8]
        private var position = 0

        init(after marker: Marker, of file: ByteReader) throws(ImageError) {
            let length = Int(try JPEG.byte(file)) << 8 | Int(try JPEG.byte(file))
            guard length >= 2 else {
                throw ImageError(problem: "found a segment of \(length) bytes at byte \(marker.position)")
            }
            bytes = try ImageError.reading { () throws(FileError) in try file.read(length - 2) }
            guard bytes.count == length - 2 else { throw JPEG.cutOff(file) }
            self.marker = marker
        }

        var isAtEnd: Bool { position == bytes.count }

        mutating func byte() throws(ImageError) -> Int {
            guard !isAtEnd else { throw error("\(bytes.count + 2) bytes long, expected more") }
            defer { position += 1 }
            return Int(bytes[position])
        }

        /// Two bytes, the higher one first.
        mutating func word() throws(ImageError) -> Int { try byte() << 8 | byte() }

        mutating func bytes(_ count: Int) throws(ImageError) -> [UInt8] {
            var read: [UInt8] = []
            for _ in 0..<count { read.append(UInt8(try byte())) }
            return read
        }

        /// What is wrong with it.
        func error(_ problem: String) -> ImageError {
            ImageError(
                problem: "found segment \(String(marker.code, radix: 16)) (hexadecimal) at byte \(marker.position): "
                    + problem)
        }
    }

    static func byte(_ file: ByteReader) throws(ImageError) -> UInt8 {
        do throws(FileError) {
            if let byte = try file.byte() { return byte }
        } catch {
            throw ImageError(error)
        }
        throw cutOff(file)
    }

    static func cutOff(_ file: ByteReader) -> ImageError {
        ImageError(problem: "the file is cut off at byte \(file.position), before the end of its last scan")
    }

    /// The tables that scans use, each of which may be replaced between two scans.
    struct Tables {
        /// The steps by which coefficients are multiplied, in the file's order; nil where none was defined.
        private(set) var quantization = [[Int32]?](repeating: nil, count: 4)
        /// The codes of the first coefficients, then of the others.
        private(set) var codes = [[HuffmanCode?]](repeating: [nil, nil, nil, nil], count: 2)
        /// How many units lie between two restart markers; 0 for no markers.
        private(set) var restartInterval = 0

        mutating func read(_ segment: inout Segment) throws(ImageError) {
            if segment.marker.code == Marker.restartInterval {
                restartInterval = try segment.word()
                return
            }
            while !segment.isAtEnd {
                // Four bits say which kind, four which of them.
                let (kind, number) = try segment.byte().quotientAndRemainder(dividingBy: 16)
                guard kind < 2, number < 4 else {
                    throw segment.error("table \(number) of kind \(kind), expected 0…3 of kind 0 or 1")
                }
                if segment.marker.code == Marker.quantization {
                    var steps: [Int32] = []
                    for _ in 0..<64 { steps.append(Int32(kind == 0 ? try segment.byte() : try segment.word())) }
                    quantization[number] = steps
                } else {
                    let counts = try segment.bytes(16).map { Int($0) }
                    guard
                        let code = HuffmanCode(
                            counts: counts, symbols: try segment.bytes(min(256, counts.reduce(0, +))))
                    else { throw segment.error("code lengths \(counts), which no code has") }
                    codes[kind][number] = code
                }
            }
        }
    }
}
