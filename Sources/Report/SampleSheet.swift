import LanesData
import LanesGraph
import LanesRecipes
import LanesTraining

/// The very images that a network gets first in its first epoch of training, with their labels, as one SVG picture.
public struct SampleSheet {
    /// The picture, a text that is a file's content in UTF-8.
    public let svg: String

    // How many pictures there are, and their sizes in SVG's units.
    private static let (columns, rows) = (12, 8)
    private static let (side, lineHeight, gap, margin, header) = (56, 14, 14, 24, 62)

    /// - Parameters:
    ///   - examples: Those to train on.
    ///   - seed: The training's, which decides the order of the images and their random changes.
    public init(_ recipe: Recipe, _ examples: Examples, seed: UInt64) {
        let batches = DatasetBatches(
            examples, order: permutation(count: examples.count, seed: seed, epoch: 1), batchSize: 1, firstStep: 0,
            normalization: [.none],
            augmentation: .init(
                transforms: recipe.settings.transforms, seed: seed, epoch: 1,
                scratch: ScratchPool(count: 1, size: Recipe.imageShape.count)))
        let count = min(examples.count, Self.columns * Self.rows)
        let cells: [Markup] = (0..<count).map { place in
            Self.cell(recipe, examples, batches, place: place)
        }
        let cellHeight = Self.side + recipe.tasks.count * Self.lineHeight + Self.gap
        let width = 2 * Self.margin + Self.columns * (Self.side + Self.gap) - Self.gap
        let rows = (count + Self.columns - 1) / Self.columns
        let height = Self.header + rows * cellHeight + Self.margin
        let changes = recipe.settings.transforms.map(\.description).joined(separator: ", then ")
        let sheet: Markup = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)">
            <title>\(recipe.name): images of the first epoch</title>
            <style>
            \(Self.stylesheet)</style>
            <rect class="ground" width="100%" height="100%"/>
            <text class="title" x="\(Self.margin)" y="30">\(recipe.name): the first \(count) of \
            \(grouped(examples.count)) images of epoch 1, seed \("\(seed)")</text>
            <text x="\(Self.margin)" y="48">\(changes.isEmpty ? "no random changes" : changes)</text>
            \(cells)</svg>

            """
        svg = sheet.text
    }

    private static func cell(
        _ recipe: Recipe, _ examples: Examples, _ batches: DatasetBatches, place: Int
    ) -> Markup {
        var values = [Float](repeating: 0, count: Recipe.imageShape.count)
        var span = values.mutableSpan
        // Examples lie in memory: loading one throws nothing, and an empty picture would be seen.
        try? batches.load(sample: 0, ofStep: place, input: 0, into: &span)
        let sample = batches.samples(ofStep: place).first ?? 0
        let labels = recipe.tasks.indices.map { examples.label(sample, task: $0) }
        let x = margin + place % columns * (side + gap)
        let y = header + place / columns * (side + recipe.tasks.count * lineHeight + gap)
        let names = zip(recipe.tasks, labels).map { $0.classes[$1] }
        let lines: [Markup] = names.enumerated().map { line, name in
            "<text x=\"\(x)\" y=\"\(y + side + (line + 1) * lineHeight - 2)\">\(name)</text>"
        }
        let picture = GrayImage(levels: values).dataAddress
        return """
            <image x="\(x)" y="\(y)" width="\(side)" height="\(side)" href="\(picture)"><title>step \(place / recipe.settings.batchSize + 1), \
            \(names.joined(separator: ", "))</title></image>\(lines)

            """
    }

    private static let stylesheet: Markup = """
        :root { color-scheme: light dark; }
        .ground { fill: #fdfdfb; }
        text { fill: #1d1d1b; font: 12px "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
        .title { font-size: 15px; font-weight: 600; }
        image { image-rendering: pixelated; }
        @media (prefers-color-scheme: dark) {
          .ground { fill: #171815; }
          text { fill: #e5e4dd; }
        }

        """
}
