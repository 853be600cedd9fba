import Foundation
import Lanes

/// Draws a folder of colour pictures of 32×32 pixels in five classes, each a shape of a light colour at any place, on a dark
/// ground, with some noise.
func drawPictures(in folder: URL, ofEachClass count: Int) throws {
    let shapes: [(name: String, covers: (_ x: Double, _ y: Double) -> Bool)] = [
        ("cross", { x, y in min(abs(x), abs(y)) < 0.3 && max(abs(x), abs(y)) < 1 }),
        ("disc", { x, y in x * x + y * y < 1 }),
        ("frame", { x, y in (0.65..<1).contains(max(abs(x), abs(y))) }),
        ("ring", { x, y in (0.45..<1).contains(x * x + y * y) }),
        ("stripes", { x, y in max(abs(x), abs(y)) < 1 && Int((y + 1) * 3.5) % 2 == 0 }),
    ]
    for (label, shape) in shapes.enumerated() {
        let directory = folder.appendingPathComponent(shape.name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for number in 0..<count {
            var random = RandomStream(seed: 1, purpose: .syntheticDigits, index: label * count + number)
            let ink = (0..<3).map { _ in random.uniform(in: 0.5...1) }
            let ground = (0..<3).map { _ in random.uniform(in: 0...0.4) }
            let (x, y) = (random.uniform(in: 13...19), random.uniform(in: 13...19))
            let radius = random.uniform(in: 8...12)
            let values = (0..<32 * 32 * 3).map { index in
                let (row, column, channel) = (index / 96, index / 3 % 32, index % 3)
                let isInk = shape.covers((Double(column) - x) / radius, (Double(row) - y) / radius)
                return Float((isInk ? ink : ground)[channel] + random.uniform(in: -0.05...0.05))
            }
            try Picture(values, shape: Shape(channels: 3, height: 32, width: 32))
                .write(to: directory.appendingPathComponent("\(number).png"))
        }
    }
}
