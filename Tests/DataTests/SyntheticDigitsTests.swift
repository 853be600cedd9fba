import LanesData
import LanesFiles
import LanesTraining
import Testing

@Suite struct SyntheticDigitsTests {
    private static let digits = SyntheticDigits.images(0..<1000, seed: 7)

    @Test func sizesAndBalancedLabels() {
        let digits = SyntheticDigitsTests.digits
        #expect(digits.count == 1000)
        #expect(digits.height == 28)
        #expect(digits.width == 28)
        #expect(digits.pixels.count == 1000 * 784)
        for digit in 0..<10 { #expect(digits.labels.count { $0 == UInt8(digit) } == 100) }
        #expect(SyntheticDigits.images(3..<3, seed: 7).count == 0)
    }

    @Test func dependOnSeedAndNumberAlone() {
        let digits = SyntheticDigitsTests.digits
        let part = SyntheticDigits.images(123..<140, seed: 7)
        #expect(part.pixels == Array(digits.pixels[123 * 784..<140 * 784]))
        #expect(part.labels == Array(digits.labels[123..<140]))
        #expect(SyntheticDigits.images(0..<10, seed: 8).pixels != digits.prefix(10).pixels)
        #expect(Set((0..<1000).map { picture($0) }).count == 1000)
    }

    /// White strokes within MNIST's box of 20×20, as its makers centred them by mass, give or take our own jitter.
    @Test func lieAsInMNIST() {
        for number in 0..<1000 {
            let pixels = picture(number)
            let inked = pixels.indices.filter { pixels[$0] > 0 }
            let rows = inked.map { $0 / 28 }
            let columns = inked.map { $0 % 28 }
            #expect(pixels.max() == 255)
            #expect(height(rows) <= 22 && height(columns) <= 22, "digit \(number)")
            #expect(max(height(rows), height(columns)) >= 16, "digit \(number)")
            let mass = inked.reduce(0.0) { $0 + Double(pixels[$1]) }
            for places in [rows, columns] {
                let centre = zip(places, inked).reduce(0.0) { $0 + Double($1.0) * Double(pixels[$1.1]) } / mass
                #expect(abs(centre - 13.5) < 3, "digit \(number)")
            }
        }
    }

    /// About as much ink as in MNIST, whose mean is 0.1307.
    @Test func meanInk() {
        let digits = SyntheticDigitsTests.digits
        let mean = digits.pixels.withUnsafeBufferPointer { $0.reduce(0.0) { $0 + Double($1) } } / 255
        #expect(abs(mean / Double(digits.pixels.count) - 0.13) < 0.03)
    }

    /// Labels belong to their pictures: the nearest of ten mean pictures finds most digits that it has not seen.
    @Test func labelsFitThePictures() {
        let digits = SyntheticDigitsTests.digits
        var means = [[Float]](repeating: [Float](repeating: 0, count: 784), count: 10)
        for number in 0..<600 {
            for pixel in 0..<784 { means[number % 10][pixel] += Float(digits.pixels[number * 784 + pixel]) / 60 }
        }
        let right = (600..<800).count { number in
            let picture = digits.pixels[number * 784..<(number + 1) * 784].map(Float.init)
            let distances = means.map { mean in zip(mean, picture).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
            return distances.firstIndex(of: distances.min() ?? 0) == Int(digits.labels[number])
        }
        #expect(right > 150)
    }

    private func picture(_ number: Int) -> [UInt8] {
        Array(SyntheticDigitsTests.digits.pixels[number * 784..<(number + 1) * 784])
    }

    private func height(_ places: [Int]) -> Int { (places.max() ?? 0) - (places.min() ?? 0) + 1 }
}
