import LanesData
import LanesFiles
import LanesTraining
import Foundation
import TestSupport

/// PNG files of 7×6 pixels, and ways to make broken ones of them.
///
/// The files were written by a Python 3.11 script with `zlib` and `struct`, and read by Pillow 13.0 as a check: sample
/// number `channel` of the pixel (row, column) is ``sample(row:column:channel:maximum:)``, row n has filter n mod 5,
/// the compressed data is cut into three chunks IDAT, and a chunk tEXt stands before them. Palettes have 2, 4, 16 and
/// 200 colours. `paethTies` is 4×2 pixels: rows 0 and 2 without filter, 1 and 3 with Paeth's.
enum PNGFixtures {
    static let height = 6
    static let width = 7

    static func sample(row: Int, column: Int, channel: Int = 0, maximum: Int) -> Int {
        let fine = 37 * column + 91 * row + 7 * column * row
        let wide = maximum > 255 ? 9377 * (column + row) + 257 * 53 * channel : 53 * channel
        return (fine + wide) % (maximum + 1)
    }

    /// Red, green or blue of a palette's entry.
    static func paletteSample(_ entry: Int, channel: Int) -> Int {
        [29 * entry + 5, 83 * entry + 200, 151 * entry + 90][channel] % 256
    }

    /// The file with the name.
    static func file(_ name: String) -> [UInt8] {
        // A test that asks for a file that is not there, or finds broken base64, reads an empty one and fails.
        Array(Data(base64Encoded: files[name] ?? "") ?? Data())
    }

    /// A file's chunks.
    static func chunks(_ file: [UInt8]) -> [(type: String, body: [UInt8])] {
        PNGChunks.chunks(of: file).map { ($0.type, $0.body) }
    }

    /// A file of the chunks, with right checksums.
    static func file(of chunks: [(type: String, body: [UInt8])]) -> [UInt8] {
        PNGChunks.file(of: chunks.map { PNGChunks.Chunk(type: $0.type, body: $0.body) })
    }

    private static let files: [String: String] = [
        "paethTies": """
        iVBORw0KGgoAAAANSUhEUgAAAAIAAAAECAAAAACBhLHlAAAAFElEQVR4nGPg4mRhUmPg4mBhdAUAArcAnN5DyPAAAAAASUVO\
        RK5CYII=
        """,
        "gray1": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGAQAAAAAndbnbAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAZJREFUeNpjCGH8\
        +68cEAAAAAZJREFUxxTGfIUlqkaeKQAAAAhJREFUjOEfABVQA9uM3AF9AAAAAElFTkSuQmCC
        """,
        "gray2": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGAgAAAABg1cMLAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAlJREFUeNpjkJZg\
        /P+X/l+u4wAAAAlJREFUacoUZr2PLEv+0hgVUAAAAAlJREFUMvz/AwA8zwgdlkAQKQAAAABJRU5ErkJggg==
        """,
        "gray4": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGBAAAAADvlTarAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAA1JREFUeNpjYF3v\
        +YBxe0dFJfGyKEkAAAANSURBVNOmCXkBzM9fBbqzbFJ84teyAAAADUlEQVQSkmeor68vAAC06wtzufJm3wAAAABJRU5ErkJg\
        gg==
        """,
        "gray8": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAAAAAAqZduqAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAABFJREFUeNpjYFD1\
        yp+y8x5jtA4YMEWKMaDCAAAAEUlEQVQnZRaU17UybzsXFBoZ84Al2rN5AzsAAAASSURBVBEI6hwZjvOHz3+uXw4AfEMQvkah\
        kwIAAAAASUVORK5CYII=
        """,
        "gray16": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGEAAAAAB69QfpAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAABxJREFUeNpjYGBQ\
        OebZkxc0WWL7vTtLGFX+qJ6FQBUgZoMb1J8AAAAcSURBVFL9o8qsyqUqqCqhJq+qxuxVofpe9bPqN9Vfqn+aZYlgAAAAHUlE\
        QVTVGlkQskABRoYdb+5eZdqnvtxnQmHltCQA1MIhUz9XL0oAAAAASUVORK5CYII=
        """,
        "grayAlpha8": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAQAAAClB0z9AAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAABxJREFUeNpjYDBV\
        jfKqz18y5eTOd/eEGaMn6CABpujopPyi+eEAAAAcSURBVKTMzIKC8vK6utZW5m0Xz/kFBYWGRkbG3HmQwBJYV/dRAAAAHUlE\
        QVQd7QgB5XVAguH4H36X8J75V57L6KeUrwEAvwUiIIwEVJgAAAAASUVORK5CYII=
        """,
        "grayAlpha16": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGEAQAAAD1l5C+AAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAADFJREFUeNpjYGAw\
        NVU5Fvnbs6fuYF7Q4vbJEid8t997K3xnieBNRpU/UYaqZ1XOqiJBFSjJpLN3wksAAAAxSURBVPoHCJnVmFW5gFAQCCVUJdTk\
        VeVV1dTUmL0qUoVV3wPhZ9Vi1W9A+AsI/6r+VWtUZWSM0n0kAAAAMUlEQVSB6ARCLhW4TrACRlVGhh1v3inevSrMxbTP/LP6\
        8pg7PhMajxZWLls3Len0dABteUGJlyRmSQAAAABJRU5ErkJggg==
        """,
        "rgb8": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAIAAACAbBMhAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAACdJREFUeNpjYDDN\
        Uo3q96rfkr/k5pST/3a+U74n7MEYPeGoDgZgio6OTkpKelOhzwAAACdJREFUyszMLCgoKC8vr6ura21tZd52Mfucn19QUFBo\
        aGhk5M2YOzEPEhJYM0a9MwAAAChJREFUgGodoaDAsdyxDsxiOP7HkN+lMrzn4PwrnM9lAvVTZpaveQgA8d0zMDzcr0wAAAAA\
        SUVORK5CYII=
        """,
        "rgb16": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGEAIAAADQ/M9iAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAD9JREFUeNpjYGAw\
        Nc3KUjkW+bvfwLOn7uDmb3lBi9tv7JksccL3b9P2e2+FlTzuLBG86c7HqPInyrA/TfWsyllVJKiCybRxaAAAAD9JREFUhWZS\
        /QOGzGrMqsyqXGAoCIYSIKgmrwqCampqqmrMXhWpwvW6qu/B8LNqMRB/A8Iy1V9g+BcE1RpVGVUZWWCm07BapwAAAEBJREFU\
        giGXCoqpKo+gGhhBkGHHm3eKymF3rwpzedgz7TP/nKuhvjzmziRBnwmNR7f9Kqxctu7242lJp6cznAEASDJh9pVZSZwAAAAA\
        SUVORK5CYII=
        """,
        "rgba8": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAYAAAAPDoR2AAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAC9JREFUeNpjYDDN\
        mq8a1X/Eq37Ly/wlN/mmnPxnvPOdcsQ9YY9axugJR3/p4ABM0UCQBAR0pVzJAAAAL0lEQVSZQFAABOVAUAcErUDAvO1idts5\
        Pz+/ICAIDQ29Ghl5MzLmTkzMg4SEBBaQTkcIyBmxE4oAAAAwSURBVHR0LHB0LHd0rIPwWxmO/zFM43epXBfec/Db/Cucds9l\
        Atv0U2aeK1/zUAwA8tNEs4SPl1QAAAAASUVORK5CYII=
        """,
        "rgba16": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGEAYAAABfnlg1AAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAE5JREFUeNpjYGAw\
        Nc3Kmj9f5Vjk736DI6mePXUHN397qZ0XtLj9xh7ej5MlTvj+bTLavv3eW2Elj/DaO0sEb7rz1TgzqvyJMuxPOzJb9azKWVU0\
        st8VngAAAE5JREFUqILEUkETZVL9A4XMasyqIMgFhYJQKAGBavKqEKimpqYKhMxeFanC9bqzPFTfQ+Fn1WIg/qz6DQjLgPgX\
        GFap/oVAtUZVRhBkQdgIhVwqoiGl+AAAAE5JREFUGDaqPAKSYAOALEYIZNjx5p2iclhE992rwlwe9rUlTPvMP+dqLIpVXx5z\
        Z5LgcTefCY1Ht/16o19YuWzd7ceCEtOSTk9nOGPGCACX+4DxgyQmNQAAAABJRU5ErkJggg==
        """,
        "palette1": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGAQMAAAA1wBY1AAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAZQTFRFBchaIhvx\
        0Dr/PgAAAAZJREFUeNpjCGH8+68cEAAAAAZJREFUxxTGfIUlqkaeKQAAAAhJREFUjOEfABVQA9uM3AF9AAAAAElFTkSuQmCC
        """,
        "palette2": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGAgMAAAByYGzlAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAxQTFRFBchaIhvx\
        P26IXMEflkXzqQAAAAlJREFUeNpjkJZg/P+X/l+u4wAAAAlJREFUacoUZr2PLEv+0hgVUAAAAAlJREFUMvz/AwA8zwgdlkAQ\
        KQAAAABJRU5ErkJggg==
        """,
        "palette4": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGBAMAAAD9IJlFAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAADBQTFRFBchaIhvx\
        P26IXMEfeRS2lmdNs7rk0A177WASCrOpJwZARFnXYaxufv8Fm1KcuKUzXm+s8gAAAA1JREFUeNpjYF3v+YBxe0dFJfGyKEkA\
        AAANSURBVNOmCXkBzM9fBbqzbFJ84teyAAAADUlEQVQSkmeor68vAAC06wtzufJm3wAAAABJRU5ErkJggg==
        """,
        "palette8": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAMAAAA40HREAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAlhQTFRFBchaIhvx\
        P26IXMEfeRS2lmdNs7rk0A177WASCrOpJwZARFnXYaxufv8Fm1KcuKUz1fjK8kthD574LPGPSUQmZpe9g+pUoD3rvZCC2uMZ\
        9zawFIlHMdzeTi91a4IMiNWjpSg6wnvR385o/CH/GXSWNsctUxrEcG1bjcDyqhOJx2Yg5Lm3AQxOHl/lO7J8WAUTdViqkqtB\
        r/7YzFFv6aQGBvedI0o0QJ3LXfBiekP5l5aQtOkn0Ty+7o9VC+LsKDWDRYgaYtuxfy5InIHfudR21icN83qkEM07LSDSSnNp\
        Z8YAhBmXoWwuvr/F2xJc+GXzFbiKMgshT164bLFPiQTmpld9w6oU4P2r/VBCGqPZN/ZwVEkHcZyeju81q0LMyJVj5ej6AjuR\
        H44oPOG/WTRWdoftk9qEsC0bzYCy6tNJBybgJHl3QcwOXh+le3I8mMXTtRhq0msB776YDBEvKWTGRrddYwr0gF2LnbAiugO5\
        11ZQ9KnnEfx+Lk8VS6KsaPVDhUjaoptxv+4I3EGf+ZQ2FufNMzpkUI37beCSijMpp4bAxNlX4Szu/n+FG9IcOCWzVXhKcsvh\
        jx54rHEPycSm5hc9A2rUIL1rPRACWmOZd7YwlAnHsVxezq/16wKMCFUjJai6QvtRX07ofKF/mfQWtket05pE8O3bDUByKpMJ\
        R+agZDk3gYzOnt9luzL82IWT9dgqEivBL35YTNHvaSSGhncdo8q0wB1L3XDi+sN5FxYQNGmnUbw+bg/Vi2JsqLUDxQia4lsx\
        /67IHAFfOVT2VqeNc/okkE27odcr/AAAABNJREFUeNpjYFD1yp+yU4wxWkcnRUdHh//D+AAAAAATSURBVCl61sKC8m17md/5\
        BfV+jZnBEl10kyorAAAAE0lEQVR5u6DyQyuDef1x937+cACVzRKhhMA3KAAAAABJRU5ErkJggg==
        """,
        "transparentGray8": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAAAAAAqZduqAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAJ0Uk5TAE+Q8JE5\
        AAAAEUlEQVR42mNgUPXKn7LzHmO0DhgwRYoxoMIAAAARSURBVCdlFpTXtTJvOxcUGhnzgCXas3kDOwAAABJJREFUEQjqHBmO\
        84fPf65fDgB8QxC+RqGTAgAAAABJRU5ErkJggg==
        """,
        "transparentRGB16": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGEAIAAADQ/M9iAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAZ0Uk5TuHTtqSLe\
        oAiWfwAAAD9JREFUeNpjYGAwNc3KUjkW+bvfwLOn7uDmb3lBi9tv7JksccL3b9P2e2+FlTzuLBG86c7HqPInyrA/TfWsyllV\
        JKiCybRxaAAAAD9JREFUhWZS/QOGzGrMqsyqXGAoCIYSIKgmrwqCampqqmrMXhWpwvW6qu/B8LNqMRB/A8Iy1V9g+BcE1RpV\
        GVUZWWCm07BapwAAAEBJREFUgiGXCoqpKo+gGhhBkGHHm3eKymF3rwpzedgz7TP/nKuhvjzmziRBnwmNR7f9Kqxctu7242lJ\
        p6cznAEASDJh9pVZSZwAAAAASUVORK5CYII=
        """,
        "transparentPalette2": """
        iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGAgMAAAByYGzlAAAADXRFWHRDb21tZW50AGxhbmVzWlqs2wAAAAxQTFRFBchaIhvx\
        P26IXMEflkXzqQAAAAJ0Uk5TAICbK04YAAAACUlEQVR42mOQlmD8/5f+X67jAAAACUlEQVRpyhRmvY8sS/7SGBVQAAAACUlE\
        QVQy/P8DADzPCB2WQBApAAAAAElFTkSuQmCC
        """,
    ]
}
