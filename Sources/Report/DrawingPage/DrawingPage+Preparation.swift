extension DrawingPage {
    /// JavaScript that makes of a drawing what `predict` makes of a picture, pixel for pixel: `GrayImage.preparedDigit`
    /// and `Picture.resized`. Both work in Float, so each step here is rounded to it.
    static let preparationScript = #"""
        /** For each new pixel of a row or column, the first old one that it is made of, and the weights from there. */
        function resizing(start, end, size) {
          const length = end - start, scale = length / size;
          return Array.from({ length: size }, (_, index) => {
            let first, weights;
            if (scale >= 1) {
              // Every old pixel weighs what the new one covers of it.
              const from = index * scale, to = from + scale;
              first = Math.min(Math.floor(from), length - 1);
              const last = Math.max(first, Math.min(Math.ceil(to), length) - 1);
              weights = [];
              for (let i = first; i <= last; i++) weights.push(Math.max(0, Math.min(to, i + 1) - Math.max(from, i)));
              const total = weights.reduce((sum, weight) => sum + weight, 0);
              weights = weights.map(weight => weight / total);
            } else {
              // The two old pixels on either side weigh by how near they are.
              const place = Math.min(Math.max((index + 0.5) * scale - 0.5, 0), length - 1);
              first = Math.min(Math.floor(place), Math.max(0, length - 2));
              weights = length === 1 ? [1] : [1 - (place - first), place - first];
            }
            return { first: start + first, weights: Float32Array.from(weights) };
          });
        }

        /**
         * A part of a picture in another size, [height][width][channels]: averaged where it shrinks, bilinear where it
         * grows.
         * @param rows,columns The part's first row or column, and the one behind its last.
         */
        function resize(pixels, width, channels, rows, columns, size) {
          const { fround } = Math;
          const horizontal = resizing(...columns, size.width), vertical = resizing(...rows, size.height);
          const rowLength = size.width * channels;
          const narrowed = new Float32Array((rows[1] - rows[0]) * rowLength);
          let place = 0;
          for (let row = rows[0]; row < rows[1]; row++) {
            for (const { first, weights } of horizontal) {
              for (let channel = 0; channel < channels; channel++) {
                const start = (row * width + first) * channels + channel;
                let sum = 0;
                for (let i = 0; i < weights.length; i++) {
                  sum = fround(sum + fround(weights[i] * pixels[start + i * channels]));
                }
                narrowed[place++] = sum;
              }
            }
          }
          const resized = new Float32Array(size.height * rowLength);
          place = 0;
          for (const { first, weights } of vertical) {
            for (let column = 0; column < rowLength; column++) {
              const start = (first - rows[0]) * rowLength + column;
              let sum = 0;
              for (let i = 0; i < weights.length; i++) {
                sum = fround(sum + fround(weights[i] * narrowed[start + i * rowLength]));
              }
              resized[place++] = sum;
            }
          }
          return resized;
        }

        /** A picture at the size of a network's input, as bytes. */
        function resizedPicture(pixels, height, width, shape) {
          if (height === shape.height && width === shape.width) return pixels;
          return Uint8Array.from(
            resize(pixels, width, shape.channels, [0, height], [0, width], shape), value => Math.floor(value + 0.5));
        }

        /** Opaque pixels of red, green, blue and alpha as grey, or without alpha. */
        function opaque(rgba, channels) {
          const pixels = new Uint8Array(rgba.length / 4 * channels);
          for (let i = 0, place = 0; i < rgba.length; i += 4) {
            if (channels === 1) {
              pixels[place++] = Math.floor((299 * rgba[i] + 587 * rgba[i + 1] + 114 * rgba[i + 2] + 500) / 1000);
            } else {
              for (let c = 0; c < 3; c++) pixels[place++] = rgba[i + c];
            }
          }
          return pixels;
        }

        /**
         * A drawing on clean paper as MNIST shows digits, 28×28 bytes; null where there is no ink.
         * @param ink 0 for paper to 255 for ink, [height][width].
         */
        function preparedDigit(ink, height, width) {
          // As of a photo: strokes cover more than a two-thousandth of it, and ink's strongest tenth becomes white.
          const levels = new Uint32Array(256);
          for (let i = 0; i < ink.length; i++) levels[ink[i]] += 1;
          const valueAtRank = rank => {
            let seen = 0;
            return levels.findIndex(pixels => (seen += pixels) > rank);
          };
          const peak = valueAtRank(ink.length - 1 - Math.floor(ink.length / 2000));
          if (peak <= 16) return null;
          const strong = levels.subarray((peak >> 1) + 1).reduce((sum, pixels) => sum + pixels, 0);
          const full = valueAtRank(ink.length - 1 - Math.floor(strong / 10));
          const levelOf = Uint8Array.from(levels, (_, level) => (255 * Math.min(level, full) + (full >> 1)) / full);
          const stretched = new Uint8Array(ink.length);
          for (let i = 0; i < ink.length; i++) stretched[i] = levelOf[ink[i]];
          const [rows, columns] = inkBox(stretched, height, width);
          const sides = [rows, columns].map(([start, end]) => end - start), longer = Math.max(...sides);
          const [digitHeight, digitWidth] =
            sides.map(side => Math.max(1, Math.floor((40 * side + longer) / (2 * longer))));
          const size = { height: digitHeight, width: digitWidth };
          return centered(resize(stretched, width, 1, rows, columns, size), size);
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
