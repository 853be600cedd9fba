extension DrawingPage {
    /// JavaScript that makes of a picture's ink what `predict` makes of it, pixel for pixel:
    /// `GrayImage.preparedDigits`. It works in Float, so each step here is rounded to it.
    static let preparationScript = #"""
        /**
         * All digits that stand side by side, from left to right, each by itself as MNIST shows digits, 28×28 bytes.
         * @param ink An image of ink alone: 0 for paper, 255 for ink.
         */
        function preparedDigits(ink) {
          const mostToSplit = 640, mostDigits = 32, { height, width } = ink, longer = Math.max(height, width);
          // An image of MNIST's own size shows one.
          if (longer <= 28) return [fittedDigit(ink)];
          const small = shrunk(ink, mostToSplit), parts = new InkParts(small, 85), digits = parts.digits();
          if (digits.length < 2) return [fittedDigit(ink)];
          if (parts.isStacked(digits)) throw new ImageError("found digits one above the other, expected one line");
          if (digits.length > mostDigits) {
            throw new ImageError(`found ${digits.length} digits side by side, expected at most ${mostDigits}`);
          }
          return parts.only(digits, small, Infinity).map(fittedDigit);
        }

        /** The box around the ink, its longer side of 20 pixels, its centre of mass in the centre of 28×28. */
        function fittedDigit({ pixels, height, width }) {
          const [rows, columns] = inkBox(pixels, height, width);
          const sides = [rows, columns].map(([start, end]) => end - start), longer = Math.max(...sides);
          const [digitHeight, digitWidth] =
            sides.map(side => Math.max(1, Math.floor((40 * side + longer) / (2 * longer))));
          const size = { height: digitHeight, width: digitWidth };
          return centered(resize(pixels, width, 1, rows, columns, size), size);
        }

        /** The smallest box around the ink, without dust: its first row, the one behind its last, and the columns. */
        function inkBox(ink, height, width) {
          const inRows = new Uint32Array(height), inColumns = new Uint32Array(width);
          for (let row = 0; row < height; row++) {
            for (let column = 0; column < width; column++) {
              if (ink[row * width + column] >= 26) {
                inRows[row] += 1;
                inColumns[column] += 1;
              }
            }
          }
          return [inRows, inColumns].map(counts => {
            const dust = Math.floor(counts.reduce((sum, pixels) => sum + pixels, 0) / 500);
            const clean = counts => {
              let seen = 0;
              const first = counts.findIndex(pixels => (seen += pixels) > dust);
              return first < 0 ? counts.length : first;
            };
            return [clean(counts), counts.length - clean(counts.slice().reverse())];
          });
        }

        /** The digit in 28×28 pixels, its centre of mass in the middle as far as it stays whole. */
        function centered(digit, { height, width }) {
          const { fround } = Math, side = 28;
          let mass = 0, down = 0, right = 0, peak = 0;
          digit.forEach((ink, i) => {
            mass = fround(mass + ink);
            down = fround(down + fround(ink * Math.floor(i / width)));
            right = fround(right + fround(ink * (i % width)));
            peak = Math.max(peak, ink);
          });
          const corner = (moment, room) => {
            const place = fround(side / 2 - fround(moment / mass));
            return Math.min(Math.max(Math.sign(place) * Math.floor(Math.abs(place) + 0.5), 0), room);
          };
          const top = corner(down, side - height), left = corner(right, side - width);
          const pixels = new Uint8Array(side * side);
          digit.forEach((ink, i) => {
            const value = fround(fround(ink * 255) / peak);
            pixels[(top + Math.floor(i / width)) * side + left + i % width] = Math.floor(value + 0.5);
          });
          return pixels;
        }

        """#
}
