import Foundation
import LanesFiles
import TestSupport
import Testing

@testable import LanesData

/// JPEG files of every sampling, and pixels that Pillow made of them (Fixtures/pictures.py).
@Suite struct JPEGTests {
    /// `LANES_JPEG_SUITE=FILE` reads the great suite that the script writes with `--all FILE`.
    private static let suite = ProcessInfo.processInfo.environment["LANES_JPEG_SUITE"]

    @Test(.namingCases)
    static func pixelsAreThoseOfPillow() throws {
        let file = try suite.map { try Safetensors(contentsOf: URL(filePath: $0)) } ?? fixtures()
        let names = file.tensors.keys.filter { $0.hasPrefix("jpeg/") && $0.hasSuffix("/file") }
        try #require(names.count > 20)
        var farthest = 0
        forEach(names.sorted()) { name in
            let content = try file.values(name, as: UInt8.self)
            for (color, kind) in [(Picture.Color.rgb, "rgb"), (.gray, "gray")] {
                guard let expected = file.tensors[name.replacing("/file", with: "/\(kind)")] else { continue }
                let picture = try Picture.decode(content, color: color, name: name)
                #expect([picture.height, picture.width] == Array(expected.shape.prefix(2)))
                try #require(picture.pixels.count == expected.bytes.count)
                let far = zip(picture.pixels, expected.bytes).map { abs(Int($0) - Int($1)) }.max() ?? 0
                #expect(far <= 2, "\(kind)")
                farthest = max(farthest, far)
            }
        }
        if suite != nil { print("\(names.count) JPEG files, at most \(farthest) grey levels from Pillow's pixels") }
    }

    /// Where red, green and blue are stored grey is their luma, and factors that do not divide the greatest, which
    /// libjpeg refuses, repeat samples.
    @Test func whatPillowDoesNotTell() throws {
        let rgb = try file("adobeRGB")
        let colors = try Picture.decode(rgb, color: .rgb, name: "test").pixels
        let grays = try GrayImage.decode(rgb, name: "test").pixels
        for (index, gray) in grays.enumerated() {
            let exact = zip([0.299, 0.587, 0.114], colors[3 * index..<3 * index + 3]).reduce(0) {
                $0 + $1.0 * Double($1.1)
            }
            #expect(abs(Double(gray) - exact) <= 0.5 + 1e-9)
        }
        var uneven = try file("3x1")
        let frame = try #require(uneven.indices.first { uneven[$0] == 0xff && uneven[$0 + 1] == 0xc0 })
        // The second component's factors; its blocks stand where the first one's stood, and the scan ends early.
        uneven[frame + 14] = 0x21
        #expect(throws: FileError.self) { try Picture.decode(uneven, color: .rgb, name: "test") }
    }

    @Test func otherKindsAreRefusedByName() throws {
        let fixtures = try Self.fixtures()
        for (name, problem) in [
            ("progressive", "found a progressive JPEG image, expected a baseline one"),
            ("cmyk", "in CMYK, expected grey"),
        ] { expectProblem(try fixtures.values("refused/\(name)", as: UInt8.self), problem) }
        let gray = try file("gray")
        let frame = try #require(gray.indices.first { gray[$0] == 0xff && gray[$0 + 1] == 0xc0 })
        for (marker, kind) in [
            (0xc3, "a lossless"), (0xc6, "a hierarchical"), (0xc9, "an arithmetically coded"),
            (0xcd, "an arithmetically"),
            (0xde, "a hierarchical"), (0xf7, "a lossless (JPEG-LS)"),
        ] as [(UInt8, String)] { expectProblem(changed(gray, at: frame + 1, [marker]), "found \(kind)") }
        expectProblem(changed(gray, at: frame + 4, [12]), "found a JPEG image of 12 bits, expected 8")
        expectProblem(changed(gray, at: frame + 5, [0, 0]), "tells its height behind its scan")
        expectProblem(changed(gray, at: frame + 7, [0, 0]), "header says 13×0 pixels, expected at least one")
        expectProblem(
            changed(gray, at: frame + 5, [0x20, 0, 0x20, 0]),
            "header says 8192×8192 pixels, which cannot be in the file's")
        expectProblem(
            changed(gray, at: frame + 5, [0x20, 1, 0x20, 1]),
            "header says 8193×8193 pixels, expected at most 65536 in a")
        expectProblem(changed(gray, at: frame + 11, [0x51]), "sampling factors 5×1")
        expectProblem(changed(gray, at: 2, [0xff, 0xd9]), "found the end of the image at byte ")
        expectProblem(changed(gray, at: 2, [7]), "a JPEG, PNG, PGM or PPM image")
        for (start, kind) in [
            ("GIF89a", "a GIF"), ("BM12", "a BMP"), ("II*\0", "a TIFF"), ("RIFF\0\0\0\0WEBPVP8 ", "a WebP"),
            ("\0\0\0\u{18}ftypheic", "a HEIC"), ("\0\0\0\u{1c}ftypavif", "an AVIF"),
        ] { expectProblem(Array(start.utf8), "found \(kind) image, expected a JPEG, PNG, PGM or PPM image") }
    }

    /// Whatever is cut off before the last block is missed; what stands behind it is not looked at.
    @Test func everyPrefix() throws {
        for name in ["2x2", "restart", "alone"] {
            let whole = try file(name)
            let picture = try Picture.decode(whole, color: .rgb, name: "cut.jpg")
            for length in 0..<whole.count {
                do throws(FileError) {
                    let read = try Picture.decode(Array(whole[..<length]), color: .rgb, name: "cut.jpg")
                    #expect(read == picture && length >= whole.count - 9, "\(name) cut to \(length) bytes")
                } catch {
                    let isTold = ["the file is cut off at byte \(length), ", "cannot be in the file's other"]
                        .contains { error.description.contains($0) }
                    #expect(length < 3 || isTold, "\(error)")
                }
            }
        }
    }

    /// Some cameras write padding behind a scan, and a hostile file may write much of it.
    @Test func paddingBehindAScan() throws {
        let whole = try file("restart")
        let padded =
            whole.dropLast(2) + [UInt8](repeating: 0, count: 400_000).enumerated().map { $0.offset % 2 == 0 ? 0xff : 0 }
        let picture = try? Picture.decode(Array(padded) + whole.suffix(2), color: .rgb, name: "padded.jpg")
        if let picture { #expect(try picture == Picture.decode(whole, color: .rgb, name: "restart.jpg")) }
    }

    /// Interlaced files against the same images without.
    @Test func adam7() throws {
        let file = try Self.fixtures()
        let names = file.tensors.keys.filter { $0.hasSuffix("/interlaced") }
        try #require(names.count == 28)
        for name in names {
            let interlaced = try file.values(name, as: UInt8.self)
            let plain = try file.values(name.replacing("/interlaced", with: "/plain"), as: UInt8.self)
            for color in [Picture.Color.gray, .rgb] {
                let picture = try Picture.decode(interlaced, color: color, name: name)
                #expect(try picture == Picture.decode(plain, color: color, name: name), "\(name)")
            }
            #expect(throws: FileError.self, "\(name)") {
                try Picture.decode(Array(interlaced.dropLast(13)), color: .rgb, name: name)
            }
        }
    }

    static func fixtures() throws -> Safetensors {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        return try Safetensors(contentsOf: folder.appending(path: "pictures.safetensors"))
    }

    private func file(_ name: String) throws -> [UInt8] {
        try Self.fixtures().values("jpeg/\(name)/file", as: UInt8.self)
    }

    private func changed(_ file: [UInt8], at place: Int, _ bytes: [UInt8]) -> [UInt8] {
        Array(file[..<place]) + bytes + file[(place + bytes.count)...]
    }

    private func expectProblem(
        _ file: [UInt8], _ problem: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) {
            try Picture.decode(file, color: .rgb, name: "test.jpg")
        }
        #expect(
            error?.description.contains(problem) == true, "\(String(describing: error))", sourceLocation: sourceLocation
        )
    }
}
