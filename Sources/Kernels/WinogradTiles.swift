/// The tiles that cover an image of results, 4×4 each; the last ones may reach beyond it.
struct TileGrid {
    let output: Extent
    /// The rows above and the columns left of the image that the tiles read.
    let top: Int
    let left: Int

    var rows: Int { (output.height + 3) / 4 }
    var columns: Int { (output.width + 3) / 4 }
    var tiles: Int { rows * columns }

    /// The positions of the image that some rows of tiles read, in whole tiles and with their rims.
    @inline(__always)
    func paddedSize(rows: Int) -> Extent { Extent(height: 4 * rows + 2, width: 4 * columns + 2) }

    /// The rows of tiles of a sample that are worked on at a time, as equal as possible.
    @inline(__always)
    private func bandRows(mostTiles: Int) -> Int {
        let fitting = max(1, mostTiles / columns)
        let bands = (rows + fitting - 1) / fitting
        return (rows + bands - 1) / bands
    }

    func paddedPositions(inBandsOf mostTiles: Int) -> Int {
        let size = paddedSize(rows: bandRows(mostTiles: mostTiles))
        return size.height * size.width
    }

    /// Goes over the tiles of some samples in bands of at most so many tiles, or one row: whole samples, or rows of one.
    @inline(__always)
    func forEachBand(of mostTiles: Int, samples: Int, over input: Extent, _ body: (TileBand) -> Void) {
        let (bandRows, together) = (bandRows(mostTiles: mostTiles), max(1, mostTiles / tiles))
        for sample in stride(from: 0, to: samples, by: together) {
            for row in stride(from: 0, to: rows, by: bandRows) {
                body(
                    TileBand(
                        grid: self, input: input, samples: sample..<min(sample + together, samples),
                        rows: row..<min(row + bandRows, rows)))
            }
        }
    }
}

/// Some rows of tiles of some samples.
struct TileBand {
    let grid: TileGrid
    /// The size of the images that the tiles read.
    let input: Extent
    let samples: Range<Int>
    let rows: Range<Int>

    var sampleTiles: Int { rows.count * grid.columns }
    var tiles: Int { samples.count * sampleTiles }

    /// Where a tile of a sample begins in the output, and how much of it lies inside.
    @inline(__always)
    func place(_ tile: Int) -> (row: Int, column: Int, height: Int, width: Int) {
        let (row, column) = (4 * (rows.lowerBound + tile / grid.columns), 4 * (tile % grid.columns))
        return (row, column, min(4, grid.output.height - row), min(4, grid.output.width - column))
    }
}
