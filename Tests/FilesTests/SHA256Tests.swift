import LanesFiles
import TestSupport
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples, from NIST's "Secure Hash Standard" example values and SHAVS byte vectors.
    @Test(.namingCases)
    func textExamples() {
        forEach(
            [
                ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                (
                    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
                ),
                (
                    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
                        + "nopqrstu",
                    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
                ),
            ] as [(String, String)]
        ) { message, digest in
            #expect(hexadecimal(Array(message.utf8)) == digest)
        }
    }

    @Test(.namingCases)
    func byteExamples() {
        forEach(
            [
                ([0xbd], "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"),
                ([0xc9, 0x8c, 0x8e, 0x55], "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"),
            ] as [([UInt8], String)]
        ) { message, digest in
            #expect(hexadecimal(message) == digest)
        }
    }

    @Test func millionTimesA() {
        let digest = hexadecimal([UInt8](repeating: 0x61, count: 1_000_000))
        #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// Lengths on both sides of where the padding needs another block; digests from Python's hashlib.
    @Test(.namingCases)
    static func blockBordersCases() {
        forEach([
            (1, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5"),
            (55, "e7313d333c272e639f790978283f9eb392e843d0f29b7016828bb1daa4aac70b"),
            (56, "4324d65f3c103567f5589c710bc08f8523f929a9272e3af36fc968e52abc6c27"),
            (63, "81c80242132f230c3bd41b3e63bbcff16107339549214a99614ff26664625055"),
            (64, "39e3d7b6b5d075d37d053ad89b24b41bef4f3c29760c84447cab3f3be1882241"),
            (65, "aacca6ff74fdbb296d165a45cecfa04e5127bc008770fbbdd48006f2d2fae95e"),
            (119, "9ce7368e4daf32341631b492e80359dc9f594b48453cd0dd5bf0b19279cc177e"),
            (120, "7836b787757e95e58b3ca5aec90b1b004e8deba1e50e9675af9cabf1a13a04b5"),
            (127, "a8d23e75d936f303d248888d9b165ee543f4cbafcad3c9dd2a79bd84faa11d07"),
            (128, "d2742f1f4ac6bb7ca2b239ee18402ba8b3f9f8e652d2a72973c2b9ba11c08cf6"),
            (129, "307f8fc2c1622b92762e818d39a185d4d667ad49a4b07ceae1f4afa008a93ec4"),
            (1000, "1e9bc38cbf860b9ec31918b065f9b52476c549a782e0e7990bed8ce3868d2371"),
        ]) { Self().blockBorders(length: $0, digest: $1) }
    }

    func blockBorders(length: Int, digest: String) {
        #expect(hexadecimal(pattern(length)) == digest)
    }

    @Test(.namingCases)
    static func splitUpdatesCases() {
        forEach([1, 3, 63, 64, 65, 200]) { Self().splitUpdates(pieceLength: $0) }
    }

    func splitUpdates(pieceLength: Int) {
        let message = pattern(1000)
        var hash = SHA256()
        for start in stride(from: 0, to: message.count, by: pieceLength) {
            hash.update(Array(message[start..<min(start + pieceLength, message.count)]))
        }
        #expect(hash.hexadecimal() == "1e9bc38cbf860b9ec31918b065f9b52476c549a782e0e7990bed8ce3868d2371")
    }

    @Test func finalizeLeavesTheMessageOpen() {
        var hash = SHA256()
        hash.update(Array("ab".utf8))
        #expect(hash.finalize().count == 32)
        hash.update(Array("c".utf8))
        #expect(hash.hexadecimal() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    private func hexadecimal(_ message: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(message)
        return hash.hexadecimal()
    }

    private func pattern(_ length: Int) -> [UInt8] { (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) } }
}
