import Foundation
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining
import TestSupport
import Testing

@testable import LanesData
@testable import LanesRecipes
@testable import LanesReport

@Suite("Photographs on the page to draw on")
struct DrawingPagePhotographTests {
    private struct File {
        let name: String
        let content: [UInt8]

        /// As an argument of a script's.
        var script: String {
            let type = name.hasSuffix("png") ? "image/png" : "image/jpeg"
            return "[\"\(name)\", \"\(type)\", \"\(Data(content).base64EncodedString())\"]"
        }
    }

    private func model() throws -> Model {
        let graph = try Recipe.tiny.graph()
        return try Model(
            graph, Parameters<Float>(graph, seed: 3), normalization: Recipe.tiny.settings.normalization,
            classes: Recipe.tiny.tasks.map(\.classes))
    }

    // MARK: Files

    /// Grey pages with digits of 28 pixels' side times a zoom, drawn where the places say.
    private func page(
        height: Int, width: Int, digits: [(zoom: Int, top: Int, left: Int)], ink: Double = 0.25, noise: Double = 5,
        light: (Int, Int) -> Double = { _, _ in 220 }
    ) throws -> [UInt8] {
        let drawn = SyntheticDigits.images(0..<digits.count, seed: 4)
        var random = RandomStream(seed: 7, purpose: .gradientCheck, index: digits.count)
        let pixels = (0..<height * width).map { index in
            let (row, column) = (index / width, index % width)
            var level = light(row, column)
            for (number, (zoom, top, left)) in digits.enumerated() {
                let (y, x) = ((row - top) / zoom, (column - left) / zoom)
                guard row >= top, column >= left, y < 28, x < 28 else { continue }
                level *= 1 + (ink - 1) * Double(drawn.pixels[number * 784 + y * 28 + x]) / 255
            }
            return UInt8(min(max(level + random.uniform(in: -noise / 2...noise / 2), 0), 255))
        }
        return PNG.encode(GrayImage(checkedHeight: height, width: width, pixels: pixels))
    }

    /// A drawing on nothing in red, green and blue, its edges half transparent.
    private func transparent(_ color: [UInt8]) -> [UInt8] {
        let digit = SyntheticDigits.images(0..<6, seed: 4).pixels[5 * 784..<6 * 784].map(\.self)
        let side = 112
        var rows: [UInt8] = []
        for row in 0..<side {
            rows.append(0)
            for column in 0..<side {
                let ink = Int(digit[row / 4 * 28 + column / 4])
                rows += color + [UInt8(ink * 200 / 255)]
            }
        }
        return PNGChunks.file(of: [
            .init(type: "IHDR", body: [0, 0, 0, UInt8(side), 0, 0, 0, UInt8(side), 8, 6, 0, 0, 0]),
            .init(type: "IDAT", body: PNGChunks.zlib(rows)), .init(type: "IEND", body: []),
        ])
    }

    private func photographs() throws -> [File] {
        let ruled = { (row: Int, column: Int) in (row * 10 + column) % 360 < 20 ? 0.75 : 1 }
        let one = [(zoom: 4, top: 40, left: 60)]
        let row = [(3, 60, 20), (3, 66, 120), (3, 70, 230)]
        let files: [(String, [UInt8])] = [
            ("even.png", try page(height: 200, width: 240, digits: one)),
            ("drawn.png", try page(height: 150, width: 180, digits: one, noise: 0)),
            ("lined.png", try page(height: 200, width: 240, digits: one) { 210 * ruled($0, $1) }),
            ("drawn lined.png", try page(height: 200, width: 240, digits: one, noise: 0) { 210 * ruled($0, $1) }),
            ("turned.png", try page(height: 240, width: 200, digits: one) { 210 * ruled($1, $0) }),
            ("shadow.png", try page(height: 200, width: 240, digits: one) { $1 + $0 / 3 > 120 ? 120 : 220 }),
            ("lamp.png", try page(height: 200, width: 240, digits: one) { 230 - Double($0 * $1) / 400 }),
            ("light ink.png", try page(height: 200, width: 240, digits: one, ink: 3) { $1 > 130 ? 40 : 80 }),
            ("great.png", try page(height: 240, width: 360, digits: [(7, 20, 80)]) { 225 * ruled($0, $1) }),
            ("row.png", try page(height: 200, width: 340, digits: row)),
            ("lined row.png", try page(height: 200, width: 340, digits: row) { 210 * ruled($0, $1) }),
            ("great row.png", try page(height: 180, width: 660, digits: row, noise: 2)),
            ("close row.png", try page(height: 120, width: 260, digits: [(3, 20, 10), (3, 20, 73), (3, 20, 122)])),
            ("lines.png", try page(height: 150, width: 130, digits: [(2, 9, 5), (2, 9, 70), (2, 80, 5), (2, 80, 70)])),
            ("nothing.png", try page(height: 90, width: 120, digits: [])),
            ("dark ink.png", transparent([20, 60, 140])), ("white ink.png", transparent([250, 255, 240])),
        ]
        return files.map { File(name: $0, content: $1) }
    }

    // MARK: Tests

    private struct Found: Decodable {
        struct Reading: Decodable {
            let status: String
            let isSeen: Bool
            let pictures: [[UInt8]]
            let probabilities: [[Double]]
            /// What stands on the buttons.
            let row: [String]
        }

        let readings: [Reading]
        let grays: [[Int]]
        let drawing: Reading
        let ink: String
        /// What is shown of the drawing's second digit.
        let label: String
    }

    @Test(
        "It reads photographs as predict does, to the last bit of the prepared digits", DrawingPageTests.needsChromium)
    func reading() throws {
        let (model, files) = (try model(), try photographs())
        // Without those of 16 bits, of which a browser keeps 8.
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        let fixtures = try Safetensors(contentsOf: folder.appending(path: "pictures.safetensors"))
        let names = fixtures.tensors.keys.sorted().filter { name in
            name.hasPrefix("jpeg/") && name.hasSuffix("/file")
                || name.hasSuffix("/interlaced") && !name.contains("_16_")
        }
        let pictures = try names.map { name in
            File(name: name.hasPrefix("jpeg") ? "jpg" : "png", content: try fixtures.values(name, as: UInt8.self))
        }
        let text = File(name: "text.png", content: Array("no picture".utf8))
        let found = try Chromium.run(
            """
            const fileOf = ([name, type, data]) => new File([decodeBase64(data)], name, { type });
            const reading = ({ pictures }) => ({
              status: element("status").textContent, isSeen: !element("status").classList.contains("hidden"),
              pictures: pictures.map(picture => [...picture]),
              probabilities: pictures.map(picture => network.run(picture)[0].probabilities),
              row: [...element("digits").children].map(({ children }) => children[1].textContent),
            });
            const readings = [];
            for (const file of [\((files + [text]).map(\.script).joined(separator: ","))]) {
              clear();
              await open(fileOf(file));
              if (photo) answer();
              readings.push(reading(photo?.read ?? { pictures: [] }));
            }
            const grays = [];
            for (const file of [\(pictures.map(\.script).joined(separator: ","))]) {
              const { image: { pixels, height, width } } = drawingOf(await decodedFile(fileOf(file)));
              grays.push([height, width, ...pixels]);
            }
            photo = null;
            strokes = [[[100, 90], [110, 300]], [[250, 100], [330, 100], [280, 320]]]
              .map(points => ({ width: 30, color: null, points }));
            redraw();
            answer();
            const { data } = context.getImageData(0, 0, board.width, board.height);
            let ink = "";
            for (let i = 3; i < data.length; i += 4) ink += String.fromCharCode(data[i]);
            const drawing = reading(pictures());
            element("digits").lastElementChild.click();
            answer();
            const label = document.querySelector("[data-head] .label").textContent;
            return { readings, grays, drawing, label, ink: btoa(ink) };
            """,
            in: DrawingPage(model, title: "Draw", summary: "a network", picture: .digit).html, as: Found.self)

        try #require(found.readings.count == files.count + 1)
        let directory = try TemporaryDirectory()
        for (file, reading) in zip(files, found.readings) {
            try expect(reading, model, file.name) {
                try GrayImage.loadDrawing(directory.write(file.content, to: file.name))
            }
        }
        #expect(found.readings.map(\.pictures.count) == [1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 0, 0, 1, 1, 0])
        #expect(found.readings.last?.status == "text.png: no picture that this browser can read")

        let grays = try pictures.map { file in
            let image = try GrayImage.loadDrawing(directory.write(file.content, to: "picture"))
            return [image.height, image.width] + image.pixels.map { Int($0) }
        }
        #expect(zip(names, zip(grays, found.grays)).filter { $1.0 != $1.1 }.map(\.0) == [])
        #expect(found.grays.count == names.count && names.count > 40)

        let ink = try #require(Data(base64Encoded: found.ink))
        try expect(found.drawing, model, "drawing") {
            try GrayImage(height: 448, width: 448, pixels: ink.map { 255 - $0 }, name: "drawing")
        }
        #expect(found.drawing.row.count == 2 && found.drawing.row.last == found.label)
    }

    @Test(
        "A picture takes the place of a drawing, which undoing brings back, and disturbs no stroke",
        DrawingPageTests.needsChromium)
    func replacing() throws {
        let file = File(name: "photo.png", content: try page(height: 60, width: 90, digits: [(2, 2, 20)]))
        let found = try Chromium.run(
            """
            const [name, type, data] = \(file.script), states = [];
            const picture = () => new File([decodeBase64(data)], name, { type });
            const note = () => states.push([strokes.length, strokes[0]?.points.length ?? 0, photo ? 1 : 0]);
            const send = (kind, x, y) => board.dispatchEvent(new PointerEvent(
              kind, { pointerId: 1, button: 0, clientX: x, clientY: y, bubbles: true }));
            send("pointerdown", 100, 200);
            await open(picture());
            send("pointermove", 110, 260);
            note();
            send("pointerup", 110, 260);
            await open(picture());
            note();
            undo();
            note();
            const pending = open(picture());
            clear();
            await pending;
            note();
            return states;
            """,
            in: DrawingPage(model(), title: "Draw", summary: "a network", picture: .digit).html, as: [[Int]].self)
        // Strokes, points of the first, and whether a picture is shown.
        #expect(found == [[1, 2, 0], [0, 0, 1], [1, 2, 0], [0, 0, 0]])
    }

    @Test("On a page of pictures they are scaled as predict scales them", DrawingPageTests.needsChromium)
    func scaling() throws {
        let file = File(name: "photo.png", content: try page(height: 60, width: 90, digits: [(2, 2, 20)]))
        let page = try DrawingPage(model(), title: "Draw", summary: "a network", picture: .scaled).html
        let found = try Chromium.run(
            """
            const [name, type, data] = \(file.script);
            await open(new File([decodeBase64(data)], name, { type }));
            return [...pictures().pictures[0]];
            """, in: page, as: [UInt8].self)
        let picture = try Picture.decode(file.content, color: .gray, name: file.name)
        let areSame = found == picture.resized(to: Extent(height: 28, width: 28)).pixels
        #expect(areSame)
    }

    /// Compares what the page reads with what predict reads.
    private func expect(
        _ found: Found.Reading, _ model: Model, _ name: String, _ image: () throws -> GrayImage
    ) throws {
        do {
            let digits = try image().preparedDigits(name: name)
            let areSame = found.pictures == digits.map(\.pixels)
            #expect(areSame, "\(name)")
            let answers = try digits.map { try model.predict($0.pixels).heads[0] }
            let areNear = zip(answers, found.probabilities).allSatisfy { answer, found in
                zip(answer.probabilities, found).allSatisfy { abs($0 - $1) <= 1e-4 }
            }
            #expect(areNear, "\(name)")
            let labels = answers.map { $0.label ?? "" }
            #expect(found.row == (labels.count > 1 ? labels : []), "\(name)")
            #expect(found.isSeen == (labels.count > 1) && found.status.hasSuffix(labels.joined()) == found.isSeen)
        } catch let error as FileError {
            #expect(found.status == "\(error)" && found.isSeen, "\(name)")
        }
    }
}
