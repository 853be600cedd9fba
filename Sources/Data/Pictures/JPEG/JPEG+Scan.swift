import LanesFiles

extension JPEG {
    /// One pass over the image, with blocks of all its components in turn or of one alone.
    struct Scan {
        struct Part {
            /// Which of the frame's components.
            let index: Int
            /// Its blocks in a unit, across and down: the sampling factors, or 1 where it is alone.
            let across: Int
            let down: Int
            fileprivate let firstCode: HuffmanCode
            fileprivate let code: HuffmanCode
            /// In the file's order.
            fileprivate let steps: [Int32]
            /// The first coefficient of the block before.
            fileprivate var prediction = 0
            /// Its samples, once the scan is decoded.
            fileprivate(set) var plane: Plane
        }

        private(set) var components: [Part]
        private let restartInterval: Int
        /// The units in the picture, across and down.
        private let columns: Int
        private let rows: Int

        init(_ segment: inout Segment, _ frame: Frame, _ tables: Tables) throws(ImageError) {
            let count = try segment.byte()
            guard (1...frame.components.count).contains(count) else {
                throw segment.error("\(count) components, expected 1…\(frame.components.count)")
            }
            var found: [(index: Int, codes: Int)] = []
            for _ in 0..<count {
                let (id, codes) = (try segment.byte(), try segment.byte())
                guard let index = frame.components.firstIndex(where: { $0.id == id }),
                    !found.contains(where: { $0.index == index })
                else { throw segment.error("component \(id), expected each of the frame's once at most") }
                found.append((index, codes))
            }
            let first = frame.components[found[0].index]
            columns = count == 1 ? divideUp(first.width, 8) : divideUp(frame.width, 8 * frame.horizontal)
            rows = count == 1 ? divideUp(first.height, 8) : divideUp(frame.height, 8 * frame.vertical)
            restartInterval = tables.restartInterval
            components = []
            for (index, codes) in found {
                let component = frame.components[index]
                guard codes / 16 < 4, codes % 16 < 4, let firstCode = tables.codes[0][codes / 16],
                    let code = tables.codes[1][codes % 16], let steps = tables.quantization[component.quantization]
                else { throw segment.error("component \(component.id) uses a table that was not defined") }
                let (across, down) = count == 1 ? (1, 1) : (component.horizontal, component.vertical)
                components.append(
                    Part(
                        index: index, across: across, down: down, firstCode: firstCode, code: code, steps: steps,
                        plane: Plane(stride: 8 * columns * across)))
            }
            guard components.reduce(0, { $0 + $1.across * $1.down }) <= 10 else {
                throw segment.error("more than 10 blocks in a unit")
            }
        }

        /// Decodes all blocks.
        mutating func decode(_ reader: inout BitReader) throws(ImageError) {
            var coefficients = [Int32](repeating: 0, count: 64)
            var unit = 0
            for row in 0..<rows {
                for part in components.indices { components[part].plane.grow(rows: 8 * components[part].down) }
                for column in 0..<columns {
                    if restartInterval > 0, unit > 0, unit % restartInterval == 0 {
                        try restart(&reader, number: unit / restartInterval - 1)
                    }
                    for part in components.indices {
                        let (across, down) = (components[part].across, components[part].down)
                        for block in 0..<across * down {
                            try components[part].read(&reader, into: &coefficients)
                            inverseCosine(
                                coefficients, into: &components[part].plane,
                                row: 8 * (row * down + block / across), column: 8 * (column * across + block % across))
                        }
                    }
                    unit += 1
                }
            }
        }

        /// From here on nothing depends on what came before. The markers are numbered 0…7 over and over.
        private mutating func restart(_ reader: inout BitReader, number: Int) throws(ImageError) {
            let marker = try reader.endMarker()
            guard marker.code == Marker.restarts.lowerBound + UInt8(number % 8) else {
                throw ImageError(
                    problem: "found marker \(String(marker.code, radix: 16)) (hexadecimal) at byte \(marker.position), "
                        + "expected restart marker \(number % 8)")
            }
            for part in components.indices { components[part].prediction = 0 }
        }
    }
}

extension JPEG.Scan.Part {
    /// Reads a block's coefficients, each times its step, [8][8] with the frequencies across growing along a row.
    fileprivate mutating func read(
        _ reader: inout JPEG.BitReader, into coefficients: inout [Int32]
    ) throws(ImageError) {
        for index in coefficients.indices { coefficients[index] = 0 }
        try reader.refill()
        let size = try reader.symbol(firstCode)
        guard size <= 11 else { throw ImageError(problem: "found a first coefficient of \(size) bits") }
        // Only a damaged file leaves 16 bits.
        prediction = Int(Int16(truncatingIfNeeded: prediction + (try reader.number(bits: size))))
        coefficients[0] = Int32(prediction) &* steps[0]
        var place = 1
        while place < 64 {
            try reader.refill()
            // How many zeros come before it, and its bits.
            let symbol = try reader.symbol(code)
            let (zeros, size) = (symbol >> 4, symbol & 15)
            guard size > 0 else {
                if zeros < 15 { break }  // The others are 0.
                place += 16
                continue
            }
            place += zeros
            guard place < 64, size <= 10 else {
                throw ImageError(problem: "found coefficient \(place) of \(size) bits in a block of 64")
            }
            coefficients[JPEG.zigzag[place]] = Int32(try reader.number(bits: size)) &* steps[place]
            place += 1
        }
    }
}
