import Foundation
import LanesGraph
import LanesTraining

/// A page to draw on, with a network in it that says what it sees: one file without a library, which loads nothing. It
/// is well-formed XML too. Pictures can be opened, dropped and pasted in place of a drawing; of several digits side by
/// side each is read.
///
/// The network's own file lies in it in base64, weights and all, and JavaScript of ours prepares pictures and runs the
/// layers. Its answers are those of `predict` on the same picture, within 1e-4. A PNG file of 16 bits is the exception: a
/// browser keeps 8 of them.
public struct DrawingPage {
    /// What is made of a picture before the network gets it.
    public enum Picture: String, Sendable {
        /// Digits as MNIST has them: `GrayImage.preparedDigits`.
        case digit
        /// The picture at the size of the network's input: `Picture.resized`.
        case scaled
    }

    /// The whole content of the file, in UTF-8.
    public let html: String

    /// - Parameters:
    ///   - title: The page's heading.
    ///   - summary: A line about the network.
    /// - Throws: `ModelError` for a network that does not take one picture, grey or of three colours, or has layers of
    ///   a program's own, which the page cannot run.
    public init(_ model: Model, title: String, summary: String, picture: Picture) throws {
        let input = try Self.input(of: model, picture: picture)
        // Nothing in base64 or in our own scripts means anything to HTML.
        let network = Markup(stringLiteral: try model.file().encoded().base64EncodedString())
        let heads = model.graph.heads.indices.map { Self.head($0, of: model) }
        let policy: Markup = """
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
            style-src 'unsafe-inline'"/>

            """
        let body: Markup = """
            <header>
            <h1>\(title)</h1>
            <p class="summary">\(summary)</p>
            <noscript><p class="warning">The page runs the network itself and needs JavaScript for it.</p></noscript>
            </header>
            <main>
            <div class="desk">
            \(Self.board(for: input, picture: picture))\(heads)</div>
            \(Self.layers(of: model))</main>
            <script type="text/plain" id="network">\(network)</script>
            <script>
            //<![CDATA[
            "use strict";
            \(Self.script)//]]>
            </script>

            """
        let page = htmlPage(
            title: title, head: policy, style: Self.stylesheet, kind: " class=\"drawing\"", body: body)
        html = page.text
    }

    private static let script = Markup(
        stringLiteral: [
            networkScript, windowsScript, layersScript, resizingScript, paperScript, ruledLinesScript, inkPartsScript,
            photographScript, preparationScript, pictureFileScript, boardScript, answersScript, readingScript,
        ].joined())

    /// The shape of the picture that the network takes.
    private static func input(of model: Model, picture: Picture) throws -> Shape {
        if let own = model.graph.members.first(where: { member in
            !builtInLayers.contains { $0 == type(of: member.node.layer) }
        }) {
            throw ModelError(
                "node \(own.name)", found: "a layer of type \(type(of: own.node.layer).name), a program's own",
                expected: "one of Lanes' own, which the page can run")
        }
        let inputs = model.graph.inputs
        guard inputs.count == 1 else {
            throw ModelError(
                "network", found: "\(inputs.count) inputs: \(inputs.map(\.name).joined(separator: ", "))",
                expected: "one, a picture to draw")
        }
        let shape = inputs[0].shape
        guard !shape.isVector, shape.channels == 1 || shape.channels == 3 else {
            throw ModelError(
                "input \(inputs[0].name)",
                found: shape.isVector ? "\(shape.count) numbers" : "an image of \(shape)",
                expected: "a picture to draw, of 1 channel or 3")
        }
        if picture == .digit, shape != Shape(channels: 1, height: 28, width: 28) {
            throw ModelError("input \(inputs[0].name)", found: "an image of \(shape)", expected: "a digit of 1×28×28")
        }
        return shape
    }
}
