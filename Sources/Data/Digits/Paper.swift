/// How light the paper of a picture is: the same everywhere, or growing evenly from one side to the other, as under a
/// lamp.
struct Paper {
    /// The grey in the middle of the picture.
    let middle: Int
    /// How far pixels of the border are from the paper, the mean without the farthest 30 %, which may be ink.
    let spread: Float
    /// The grey of the first pixel, and what each row and column adds.
    private let corner: Float
    private let perRow: Float
    private let perColumn: Float

    /// The one of both kinds that is nearer to the border; the same everywhere if they are alike, because ink may fill
    /// one side of a picture that was cut out tightly.
    init(of image: GrayImage) {
        let (lastRow, lastColumn) = (image.height - 1, image.width - 1)
        let rows = [0, lastRow].map { row in Paper.median((0...lastColumn).map { image[row, $0] }) }
        let columns = [0, lastColumn].map { column in Paper.median((0...lastRow).map { image[$0, column] }) }
        let even = Paper(image, perRow: 0, perColumn: 0)
        let tilted = Paper(
            image, perRow: Float(rows[1] - rows[0]) / Float(max(1, lastRow)),
            perColumn: Float(columns[1] - columns[0]) / Float(max(1, lastColumn)))
        self = tilted.spread < even.spread ? tilted : even
    }

    private init(_ image: GrayImage, perRow: Float, perColumn: Float) {
        let (lastRow, lastColumn) = (image.height - 1, image.width - 1)
        let rows = (0...lastColumn).flatMap { [(0, $0), (lastRow, $0)] }
        let border = rows + (0...lastRow).flatMap { [($0, 0), ($0, lastColumn)] }
        let tilt = { (row: Int, column: Int) in perRow * Float(row) + perColumn * Float(column) }
        self.perRow = perRow
        self.perColumn = perColumn
        let corner = Paper.median(border.map { Float(image[$0, $1]) - tilt($0, $1) })
        self.corner = corner
        middle = Int((corner + tilt(lastRow, lastColumn) / 2).rounded())
        let distances = border.map { abs(Float(image[$0, $1]) - corner - tilt($0, $1)) }.sorted()
        let nearest = distances.prefix((distances.count * 7 + 9) / 10)
        spread = nearest.reduce(0, +) / Float(nearest.count)
    }

    /// How much lighter the pixel is than the paper, −255…255.
    @inline(__always)
    func difference(_ image: GrayImage, row: Int, column: Int) -> Int {
        let paper = corner + perRow * Float(row) + perColumn * Float(column)
        return Int((Float(image[row, column]) - min(max(paper, 0), 255)).rounded())
    }

    /// Whether the paper is as even as no camera sees it.
    var isDrawn: Bool { spread < 1 }

    /// Whether the picture's border shows nothing else.
    func isWholeBorder(of image: GrayImage) -> Bool {
        let lastRow = image.height - 1
        let most = max(Paper.leastDifference, Int(3.5 * spread))
        return (0...lastRow).allSatisfy { row in
            let isOuter = row == 0 || row == lastRow
            return stride(from: 0, to: image.width, by: isOuter ? 1 : max(1, image.width - 1)).allSatisfy { column in
                abs(difference(image, row: row, column: column)) <= most
            }
        }
    }

    /// Ruled lines differ from paper by more levels than this.
    private static let leastDifference = 8

    private static func median<Value: Comparable>(_ values: [Value]) -> Value { values.sorted()[values.count / 2] }
}

extension GrayImage {
    fileprivate subscript(row: Int, column: Int) -> Int { Int(pixels[row * width + column]) }
}
