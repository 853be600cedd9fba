import Foundation

/// What was measured of a case.
struct Measurement {
    let name: String
    let work: Work
    let timing: Timing
    /// Whether the best of the times counts, not the median: in tables of many short measurements, where one that the machine
    /// disturbed would look like a slow kernel.
    var countsBest = false
    /// Operations a second of one thread that only multiplies and adds, measured beside the case.
    let peak: Double
    /// Seconds of the plain loops; nil where there are none.
    let plain: Double?

    private var seconds: Double { countsBest ? timing.minimum : timing.median }
    /// Thousand millions of operations a second; nil where memory is what limits the case.
    var gigaflops: Double? { work.operations > 0 ? work.operations / seconds / 1e9 : nil }
    /// Of what all its threads could do.
    var percentOfPeak: Double? { gigaflops.map { $0 * 1e11 / (peak * Double(work.threads)) } }
    /// Thousand millions of bytes a second; nil where arithmetic is what limits the case.
    var gigabytes: Double? { work.bytes > 0 ? work.bytes / seconds / 1e9 : nil }
    /// How many times as long the plain loops take.
    var timesPlain: Double? { plain.map { $0 / seconds } }

    /// One line of JSON.
    var json: String {
        let fields: [(String, String)] = [
            ("name", "\"\(name)\""),
            ("median_ms", Self.number(timing.median * 1e3, digits: 5)),
            ("min_ms", Self.number(timing.minimum * 1e3, digits: 5)),
            ("gflops", Self.number(gigaflops, digits: 2)),
            ("percent_of_peak", Self.number(percentOfPeak, digits: 1)),
            ("threads", "\(work.threads)"),
            ("gigabytes_per_second", Self.number(gigabytes, digits: 2)),
            ("times_naive", Self.number(timesPlain, digits: 1)),
            ("peak_gflops_per_thread", Self.number(peak / 1e9, digits: 1)),
        ]
        return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    /// A line of the table under `tableHeader`.
    var row: String {
        func cell(_ value: Double?, _ digits: Int) -> String { value.map { String(format: "%.\(digits)f", $0) } ?? "" }
        return Self.line([
            name, cell(timing.median * 1e3, 4), cell(timing.minimum * 1e3, 4), cell(gigaflops, 1),
            cell(percentOfPeak, 1), cell(gigabytes, 1), cell(timesPlain, 1), "\(work.threads)",
        ])
    }

    static let tableHeader = line([
        "case", "median ms", "min ms", "GFLOP/s", "% of peak", "GB/s", "× naive", "threads",
    ])

    /// The first cell to the left in 36 columns, the others to the right in 10 each.
    private static func line(_ cells: [String]) -> String {
        cells.enumerated().map { column, text in
            let space = String(repeating: " ", count: max(0, (column == 0 ? 36 : 10) - text.count))
            return column == 0 ? text + space : space + text
        }.joined()
    }

    private static func number(_ value: Double?, digits: Int) -> String {
        guard let value, value.isFinite else { return "null" }
        return String(format: "%.\(digits)f", value)
    }
}
