/// Verifies cases and times them, and remembers the peaks that it saw meanwhile.
struct Meter {
    /// Whether it times nothing.
    let onlyVerifies: Bool
    private(set) var peaks: [Double] = []

    init(onlyVerifies: Bool) { self.onlyVerifies = onlyVerifies }

    /// - Parameter isCell: Of a table: its best time counts, and the plain loops are not timed.
    /// - Returns: nil where it only verifies.
    mutating func measure(_ item: Case, seconds: Double, isCell: Bool) throws -> Measurement? {
        let work = try item.make()
        if let wrong = try work.verify() { throw WrongResult(description: "\(item.name): \(wrong)") }
        if onlyVerifies { return nil }
        // The machine drifts, so the peak is taken right before and right after.
        let before = measurePeak()
        let timing = try work.time(seconds)
        let peak = max(before, measurePeak())
        peaks.append(peak)
        let plain = isCell ? nil : work.plain
        return Measurement(
            name: item.name, work: work, timing: timing, countsBest: isCell, peak: peak,
            plain: plain.map { timeCalls(seconds: 0.02, samples: 1, $0.run).median / $0.share })
    }
}

/// A kernel's result is not what it should be.
struct WrongResult: Error, CustomStringConvertible {
    let description: String
}
