/// A run as one self-contained page.
public struct HTMLReport {
    private let run: Run

    public init(_ run: Run) { self.run = run }

    public var html: String { "" }
}
