import Foundation
import LanesData
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

@testable import LanesRecipes
@testable import LanesReport

@Suite("The page to draw on")
struct DrawingPageTests {
    static let needsChromium: ConditionTrait = .enabled(
        if: Chromium.path != nil, "no Chromium is installed, so nobody looks whether the page answers as predict does")

    private func page(_ model: Model, _ picture: DrawingPage.Picture = .digit, title: String = "Draw") throws -> String
    {
        try DrawingPage(model, title: title, summary: "a network", picture: picture).html
    }

    /// The network of a recipe, as before its training.
    private func model(_ recipe: Recipe) throws -> Model {
        let graph = try recipe.graph()
        return try Model(
            graph, Parameters<Float>(graph, seed: 3), normalization: recipe.settings.normalization,
            classes: recipe.tasks.map(\.classes))
    }

    // MARK: Answers

    private struct Found: Decodable {
        let layers: Set<String>
        let networks: [Answer]
    }

    private struct Answer: Decodable {
        /// Of each image and each head.
        let outputs: [[[Float]]]
        let probabilities: [[[Double]]]
        /// Of the first image and each node, for the network of every layer.
        let values: [[Float]]
    }

    @Test("It answers as predict does, to 1e-4: all recipes' networks, and one of every layer", needsChromium)
    func answers() throws {
        let models = try [everyLayer()] + Recipe.all.map(model)
        let images = SyntheticDigits.images(0..<4, seed: 3)
        let pixels = (0..<images.count).map { Array(images.pixels[$0 * 784..<($0 + 1) * 784]) }
        let files = try models.map { try $0.file().encoded().base64EncodedString() }
        let found = try Chromium.run(
            """
            const images = [\(pixels.map { "\"\(Data($0).base64EncodedString())\"" }.joined(separator: ","))]
              .map(decodeBase64);
            const files = [\(files.dropFirst().map { "\"\($0)\"" }.joined(separator: ","))];
            const networks = [network, ...files.map(file => new Network(decodeBase64(file)))].map((network, index) => {
              const answers = images.toReversed().map(image => network.run(image).map(({ output, probabilities }) =>
                ({ output: [...output], probabilities })));
              const part = name => answers.toReversed().map(heads => heads.map(head => head[name]));
              const values = index === 0 ? network.nodes.map(node => [...node.values]) : [];
              return { outputs: part("output"), probabilities: part("probabilities"), values };
            });
            return { layers: Object.keys(layers), networks };
            """, in: page(models[0]), as: Found.self)
        let layers = Set(builtInLayers.map { $0.name })
        #expect(found.layers == layers)
        #expect(Set(models[0].graph.members.map { type(of: $0.node.layer).name }) == layers)
        try #require(found.networks.count == models.count)
        for (model, found) in zip(models, found.networks) {
            let all = model.graph.members.map(\.name)
            // What differs: images, and nodes for the first of them.
            var wrong: [String] = []
            for (index, image) in pixels.enumerated() {
                let expected = try model.predict(image, values: index == 0 ? all : [])
                let outputs = zip(expected.heads, found.outputs[index]).allSatisfy { isNear($0.output, $1) }
                let shares = zip(expected.heads, found.probabilities[index]).allSatisfy { isNear($0.probabilities, $1) }
                if !outputs || !shares { wrong.append("image \(index)") }
                // A vector may lie in any order.
                for (member, values) in zip(model.graph.members, found.values)
                where index == 0 && !member.shape.isVector && !isNear(expected.values[member.name] ?? [], values) {
                    wrong.append(member.name)
                }
            }
            #expect(wrong == [])
        }
    }

    private func isNear<Number: BinaryFloatingPoint>(_ expected: [Number], _ found: [Number]) -> Bool {
        expected.count == found.count && zip(expected, found).allSatisfy { abs($0 - $1) <= 1e-4 }
    }

    // MARK: Preparation

    /// Drawings in ink, 0…255, on clean paper: digits of soft and of hard edges, large and small, at the border, faint,
    /// thin, and nothing.
    private func drawings() throws -> [GrayImage] {
        let digits = SyntheticDigits.images(0..<10, seed: 4)
        var drawings: [GrayImage] = []
        for (index, (height, width, zoom, top, left)) in [
            (448, 448, 14, 10, 30), (448, 448, 6, 250, 20), (300, 200, 7, 90, 2), (57, 91, 2, 0, 20), (28, 28, 1, 0, 0),
            (420, 420, 15, 0, 0), (640, 480, 16, -40, 10),
        ].enumerated() {
            let digit = digits.pixels[index * 784..<(index + 1) * 784]
            let picture = try Picture(height: 28, width: 28, color: .gray, pixels: Array(digit)).resized(
                to: Extent(height: 28 * zoom, width: 28 * zoom))
            var ink = [UInt8](repeating: 0, count: height * width)
            for y in max(0, top)..<min(height, top + 28 * zoom) {
                for x in left..<min(width, left + 28 * zoom) {
                    let level = picture.pixels[(y - top) * 28 * zoom + x - left]
                    ink[y * width + x] = index == 1 ? level / 3 : index == 3 ? (level > 127 ? 255 : 0) : level
                }
            }
            drawings.append(try GrayImage(height: height, width: width, pixels: ink, name: "drawing"))
        }
        let line = (0..<448 * 448).map { UInt8(abs($0 / 448 - $0 % 448) < 3 && $0 / 448 > 40 ? 255 : 0) }
        let dot = (0..<448 * 448).map {
            UInt8((100..<120).contains($0 / 448) && (300..<309).contains($0 % 448) ? 200 : 0)
        }
        for pixels in [line, dot, dot.map { min($0, 10) }, dot.map { $0 * 0 }] {
            drawings.append(try GrayImage(height: 448, width: 448, pixels: pixels, name: "drawing"))
        }
        return drawings
    }

    private struct Prepared: Decodable {
        let digits: [[UInt8]?]
        let scaled: [[[UInt8]]]
    }

    @Test("It prepares a drawing as predict does, to the last bit", needsChromium)
    func preparation() throws {
        let drawings = try drawings()
        let sizes = [Extent(height: 28, width: 28), Extent(height: 7, width: 30), Extent(height: 60, width: 448)]
        let inks = drawings.map { "[\"\(Data($0.pixels).base64EncodedString())\", \($0.height), \($0.width)]" }
        let found = try Chromium.run(
            """
            const drawings = [\(inks.joined(separator: ","))].map(([ink, ...size]) => [decodeBase64(ink), ...size]);
            const sizes = [\(sizes.map { "[\($0.height), \($0.width)]" }.joined(separator: ","))];
            const colored = ink => Uint8ClampedArray.from({ length: 4 * ink.length }, (_, i) =>
              i % 4 === 3 ? 255 : i % 4 === 0 ? ink[i >> 2] : i % 4 === 1 ? 255 - ink[i >> 2] : (i >> 2) & 255);
            return {
              digits: drawings.map(([pixels, height, width]) =>
                digitsOf("drawing", () => inkOf({ pixels, height, width }, 0, 255)).pictures[0])
                .map(digit => digit ? [...digit] : null),
              scaled: drawings.slice(2, 5).map(([ink, height, width]) => sizes.flatMap(([newHeight, newWidth]) =>
                [1, 3].map(channels => [...resizedPicture(
                  opaque(colored(ink), channels), height, width, { channels, height: newHeight, width: newWidth })]))),
            };
            """, in: page(model(.tiny)), as: Prepared.self)
        let expected = try drawings.map { drawing in
            let paper = drawing.pixels.map { 255 - $0 }
            let photo = try GrayImage(height: drawing.height, width: drawing.width, pixels: paper, name: "photo")
            return try? photo.preparedDigit(name: "photo").pixels
        }
        let areSame = zip(found.digits, expected).map { $0 == $1 }
        #expect(areSame == [Bool](repeating: true, count: drawings.count))
        #expect(found.digits.count { $0 == nil } == 2)
        for (drawing, found) in zip(drawings[2..<5], found.scaled) {
            let (height, width) = (drawing.height, drawing.width)
            let colors = drawing.pixels.enumerated().flatMap { [$1, 255 - $1, UInt8($0 & 255)] }
            // By way of a file, as predict reads it.
            let file = Array("P6\n\(width) \(height)\n255\n".utf8) + colors
            let expected = try sizes.flatMap { size in
                try [Picture.Color.gray, .rgb].map {
                    try Picture.decode(file, color: $0, name: "photo").resized(to: size).pixels
                }
            }
            let areSame = zip(found, expected).map { $0 == $1 }
            #expect(areSame == [Bool](repeating: true, count: 2 * sizes.count))
        }
    }

    // MARK: Drawing

    private struct Drawing: Decodable {
        let ink: String
        let shown: [[String]]
        let best: [String]
        let status: [String]
        let prepared: [UInt8]
        let maps: Int
        let buttons: [Bool]
    }

    @Test("What is drawn with a pointer is answered; undo and clear take it back", needsChromium)
    func drawing() throws {
        let model = try model(.threehead)
        let found = try Chromium.run(
            """
            const send = (name, x, y, id = 1) => {
              const box = board.getBoundingClientRect();
              board.dispatchEvent(new PointerEvent(name, {
                pointerId: id, button: 0, bubbles: true, cancelable: true,
                clientX: box.left + x * box.width, clientY: box.top + y * box.height,
              }));
              answer();
            };
            const stroke = points => {
              send("pointerdown", ...points[0]);
              for (const point of points) send("pointermove", ...point);
              send("pointermove", 0.1, 0.9, 2);
              send("pointerup", ...points[points.length - 1]);
            };
            const press = (key, options = {}) => {
              document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options }));
              answer();
              return element("status").textContent;
            };
            const buttons = () => [element("undo").disabled, element("clear").disabled];
            const first = [...buttons()];
            stroke([[0.3, 0.2], [0.7, 0.2], [0.6, 0.5], [0.4, 0.8]]);
            const one = element("status").textContent;
            stroke([[0.35, 0.5], [0.65, 0.5]]);
            const { data } = context.getImageData(0, 0, board.width, board.height);
            let ink = "";
            for (let i = 3; i < data.length; i += 4) ink += String.fromCharCode(data[i]);
            const shown = [...document.querySelectorAll("[data-head]")]
              .map(head => [...head.querySelectorAll("tr")].map(row => row.lastElementChild.textContent));
            const best = [...document.querySelectorAll("[data-head] .label")].map(label => label.textContent);
            for (const section of sections) drawSection(section);
            const maps = sections.filter(({ canvas, range }) => canvas.width > 20 && range.textContent !== "").length;
            const prepared = element("prepared").getContext("2d").getImageData(0, 0, 28, 28).data;
            const two = element("status").textContent;
            const undone = press("z", { ctrlKey: true });
            const status = [one, two, undone, press("Escape"), press("z", { metaKey: true })];
            element("undo").click();
            answer();
            status.push(element("status").textContent);
            return {
              ink: btoa(ink), shown, best, status, maps, prepared: [...prepared].filter((_, i) => i % 4 === 1),
              buttons: [...first, ...buttons()],
            };
            """, in: page(model), as: Drawing.self)
        let ink = try #require(Data(base64Encoded: found.ink))
        try #require(ink.count == 448 * 448 && ink.contains(255))
        let photo = try GrayImage(height: 448, width: 448, pixels: ink.map { 255 - $0 }, name: "photo")
        let prepared = try photo.preparedDigit(name: "photo")
        #expect(found.prepared == prepared.pixels)
        let expected = try model.predict(prepared.pixels)
        #expect(found.best == expected.heads.map { $0.label ?? "" })
        for (head, shown) in zip(expected.heads, found.shown) {
            let numbers = shown.compactMap { Double($0.replacing(" %", with: "")) }
            // One decimal of a per cent is shown.
            #expect(zip(numbers, head.probabilities).allSatisfy { abs($0 - $1 * 100) < 0.061 })
            #expect(numbers.count == head.classes.count)
        }
        #expect(found.status[1].hasPrefix("digit: \(expected.label ?? ""), "))
        #expect(found.status[2] == found.status[0] && found.status[0] != found.status[1])
        #expect(found.status[3] == "Nothing is drawn." && found.status[4] == found.status[0])
        #expect(found.status[5] == "Nothing is drawn.")
        #expect(found.buttons == [true, true, true, true])
        #expect(found.maps == model.graph.members.count - 2)
    }

    // MARK: Words

    @Test("It is one well-formed file that loads nothing, and names stay text")
    func content() throws {
        let title = "</title><script>throw 3</script>"
        let text = try page(everyLayer(), title: title)
        let root = try ParsedElement.root(of: text)
        #expect(root.all("h1").map(\.text) == [title])
        #expect(root.all("script").count == 2 && root.all("link").isEmpty && root.all("b").count == 4)
        #expect(root.all("th").contains { $0.text == "<script>throw 2</script>" })
        #expect(root.all("h2").map(\.text).contains("<b>picture</b>"))
        let policy = try #require(root.all("meta").first { $0.attributes["http-equiv"] != nil })
        #expect(policy.attributes["content"]?.hasPrefix("default-src 'none';") == true)
        #expect(text.components(separatedBy: "</script>").count == 3)
        for address in ["src=", "href=", "url(", "@import", "//www", "http:", "https:"] {
            #expect(!text.contains(address))
        }
        // Every control has a label or text of its own.
        let labels = root.all("label").flatMap { $0.all("input") }
        #expect(labels.count == root.all("input").count)
        #expect(try ParsedElement.root(of: page(everyLayer(), .scaled)).all("input").count == 4)
    }

    private struct Doubled: Layer {
        func outputShape(_ inputs: [Shape]) throws(LayerError) -> Shape { inputs[0] }
        func forward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
        func backward<Scalar: KernelScalar>(_ node: PlannedNode, _ plan: PlanBuilder<Scalar>) {}
    }

    @Test("Networks that it cannot run or draw for are refused in words", .namingCases)
    func refusals() throws {
        func refusal(_ output: Node, _ picture: DrawingPage.Picture = .scaled) throws -> String {
            let graph = try Graph(heads: [Head("head", output.flatten().linear(2), loss: .crossEntropy)])
            let model = try Model(graph, Parameters<Float>(graph, seed: 1), classes: [["a", "b"]])
            let error = #expect(throws: ModelError.self) { try page(model, picture) }
            return error.map { "\($0)" } ?? ""
        }
        let small = Node.input("image", Shape(channels: 1, height: 8, width: 8))
        #expect(
            try refusal(small.apply(Doubled(), name: "own"))
                == "node own: found a layer of type Doubled, a program's own, expected one of Lanes' own, which the page "
                + "can run")
        #expect(
            try refusal(small.concat(.input("other", Shape(channels: 1, height: 8, width: 8))))
                == "network: found 2 inputs: image, other, expected one, a picture to draw")
        #expect(
            try refusal(.input("row", Shape(channels: 3)))
                == "input row: found 3 numbers, expected a picture to draw, of 1 channel or 3")
        #expect(
            try refusal(.input("cube", Shape(channels: 4, height: 5, width: 6)))
                == "input cube: found an image of 4×5×6, expected a picture to draw, of 1 channel or 3")
        #expect(
            try refusal(small, .digit) == "input image: found an image of 1×8×8, expected a digit of 1×28×28")
    }
}
