import LanesFiles

extension JPEG {
    /// A component of the image: its samples may be fewer than the pixels.
    struct Component {
        let id: UInt8
        /// Its samples in a unit of blocks, 1…4 (H and V).
        let horizontal: Int
        let vertical: Int
        /// Its table of steps.
        let quantization: Int
        /// The samples that count, without those that fill up its last blocks.
        fileprivate(set) var width = 0
        fileprivate(set) var height = 0
    }

    /// The image's size and components.
    struct Frame {
        let height: Int
        let width: Int
        let components: [Component]
        /// The most of the components' factors.
        let horizontal: Int
        let vertical: Int

        init(_ segment: inout Segment) throws(ImageError) {
            let precision = try segment.byte()
            guard precision == 8 else {
                throw ImageError(problem: "found a JPEG image of \(precision) bits, expected 8")
            }
            let (height, width) = (try segment.word(), try segment.word())
            guard height > 0 || width == 0 else {
                throw ImageError(
                    problem: "found a JPEG image that tells its height behind its scan, expected it before")
            }
            try ImageError.check(height: height, width: width)
            let count = try segment.byte()
            guard count != 4 else {
                throw ImageError(problem: "found a JPEG image in CMYK, expected grey or RGB (save it as RGB)")
            }
            guard count == 1 || count == 3 else { throw segment.error("\(count) components, expected 1 or 3") }
            var components: [Component] = []
            for _ in 0..<count {
                let id = UInt8(try segment.byte())
                let (horizontal, vertical) = try segment.byte().quotientAndRemainder(dividingBy: 16)
                let table = try segment.byte()
                guard (1...4).contains(horizontal), (1...4).contains(vertical), table < 4 else {
                    throw segment.error(
                        "sampling factors \(horizontal)×\(vertical) and table \(table), expected 1…4 and 0…3")
                }
                guard !components.contains(where: { $0.id == id }) else {
                    throw segment.error("two components with the number \(id)")
                }
                components.append(
                    Component(id: id, horizontal: horizontal, vertical: vertical, quantization: table))
            }
            let mostHorizontal = components.map(\.horizontal).max() ?? 1
            let mostVertical = components.map(\.vertical).max() ?? 1
            for index in components.indices {
                components[index].width = divideUp(width * components[index].horizontal, mostHorizontal)
                components[index].height = divideUp(height * components[index].vertical, mostVertical)
            }
            (self.height, self.width, self.components) = (height, width, components)
            (horizontal, vertical) = (mostHorizontal, mostVertical)
        }

        /// Refuses a size that the rest of the file cannot fill: every block of 8×8 samples takes two bits at least.
        func check(against file: ByteReader) throws(ImageError) {
            let blocks = components.reduce(0) { $0 + divideUp($1.width, 8) * divideUp($1.height, 8) }
            if let held = file.remaining, blocks / 4 > held {
                throw ImageError(
                    problem: "header says \(height)×\(width) pixels, which cannot be in the file's other \(held) bytes")
            }
        }
    }

    /// A component's samples, whole blocks of them.
    struct Plane {
        /// The samples of a row.
        let stride: Int
        /// [rows][stride]
        private(set) var samples: [UInt8] = []

        init(stride: Int) { self.stride = stride }

        /// Takes memory for further rows, so that it is taken only as data comes.
        mutating func grow(rows: Int) { samples.append(contentsOf: repeatElement(0, count: rows * stride)) }

        subscript(row: Int, column: Int) -> UInt8 {
            @inline(__always) get { samples[row * stride + column] }
            @inline(__always) set { samples[row * stride + column] = newValue }
        }
    }

    static func divideUp(_ number: Int, _ divisor: Int) -> Int { (number + divisor - 1) / divisor }
}
