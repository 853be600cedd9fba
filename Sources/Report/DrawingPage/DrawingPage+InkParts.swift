extension DrawingPage {
    /// JavaScript that finds the digits in an image of ink, as `InkParts` does.
    static let inkPartsScript = #"""
        /** How many rows or columns lie in a range [first, end]. */
        const extent = ([first, end]) => end - first;
        /** The range over two of them. */
        const hull = (a, b) => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
        /** How many rows or columns lie between them. */
        const gap = (a, b) => Math.max(0, Math.max(a[0], b[0]) - Math.min(a[1], b[1]));

        const greatestOf = numbers => numbers.reduce((greatest, number) => Math.max(greatest, number), 0);

        /** Calls with the place of each pixel that touches this one, at a corner too, and with its own. */
        function forNeighbours(pixel, height, width, body) {
          const row = Math.floor(pixel / width), column = pixel % width;
          const bottom = Math.min(height - 1, row + 1), right = Math.min(width - 1, column + 1);
          for (let y = Math.max(0, row - 1); y <= bottom; y++) {
            for (let x = Math.max(0, column - 1); x <= right; x++) body(y * width + x);
          }
        }

        /** The connected parts of an image of ink, and which of them make a digit together. */
        class InkParts {
          /** @param least Fainter pixels belong to no part. */
          constructor({ pixels, height, width }, least) {
            /** Each with the smallest box around it, its ink, and whether it reaches the picture's sides. */
            this.parts = [];
            /** Which part each pixel belongs to; −1 for none. */
            this.labels = new Int32Array(pixels.length).fill(-1);
            Object.assign(this, { height, width });
            const { parts, labels } = this;
            for (let start = 0; start < pixels.length; start++) {
              if (pixels[start] < least || labels[start] >= 0) continue;
              const label = parts.length, waiting = [start];
              let top = height, bottom = 0, left = width, right = 0, mass = 0;
              labels[start] = label;
              while (waiting.length > 0) {
                const pixel = waiting.pop(), row = Math.floor(pixel / width), column = pixel % width;
                mass += pixels[pixel];
                [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
                [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
                forNeighbours(pixel, height, width, next => {
                  if (labels[next] >= 0 || pixels[next] < least) return;
                  labels[next] = label;
                  waiting.push(next);
                });
              }
              const isAtSide = top === 0 || bottom === height || left === 0 || right === width;
              parts.push({ rows: [top, bottom], columns: [left, right], mass, isAtSide });
            }
          }

          /** The parts that make up each digit, from left to right; the rules stand at InkParts.digits in Swift. */
          digits() {
            const { parts } = this, digits = [];
            const most = greatestOf(parts.filter(({ isAtSide }) => !isAtSide).map(({ mass }) => mass));
            const free = [...parts.keys()].filter(i => !parts[i].isAtSide || parts[i].mass > 3 * most);
            const tallest = greatestOf(free.map(i => extent(parts[i].rows)));
            const heaviest = greatestOf(free.map(i => parts[i].mass));
            const join = (index, digit) => {
              const { rows, columns } = parts[index];
              digit.members.push(index);
              [digit.rows, digit.columns] = [hull(digit.rows, rows), hull(digit.columns, columns)];
            };
            const isTall = i => 2 * extent(parts[i].rows) >= tallest && 10 * parts[i].mass >= heaviest;
            const tall = free.filter(isTall).sort((a, b) => parts[a].columns[0] - parts[b].columns[0]);
            for (const index of tall) {
              const { rows, columns } = parts[index];
              const partner = digits.findLast(({ columns: other }) => {
                const common = Math.min(columns[1], other[1]) - Math.max(columns[0], other[0]);
                // A gap of a tenth of the height is one between digits.
                return 4 * common > Math.min(extent(columns), extent(other)) || 10 * -common < tallest;
              });
              if (partner) join(index, partner); else digits.push({ members: [index], rows, columns });
            }
            for (const index of free.filter(i => !isTall(i))) {
              const { rows, columns, mass } = parts[index];
              const distances = digits.map(digit => gap(digit.rows, rows) + gap(digit.columns, columns));
              const least = distances.reduce((least, distance) => Math.min(least, distance), Infinity);
              if (4 * least <= tallest && (50 * mass > heaviest || least === 0)) {
                join(index, digits[distances.indexOf(least)]);
              }
            }
            return digits.sort((a, b) => a.columns[0] - b.columns[0]).map(({ members }) => members);
          }

          /** Whether most of these digits are parts that stand one above the other, as in a column of two lines. */
          isStacked(digits) {
            const stacked = digits.filter(members => {
              const rows = members.map(i => this.parts[i].rows);
              return 10 * extent(rows.reduce(hull)) > 19 * greatestOf(rows.map(extent));
            });
            return 2 * stacked.length > digits.length;
          }

          /**
           * The ink of some parts, each set in an image by itself, with the faint pixels around them.
           * @param margin How far around. A faint pixel belongs to the part from which the fewest steps lead to it.
           */
          only(sets, { pixels }, margin) {
            const { height, width } = this, owners = this.labels.slice();
            let front = [...owners.keys()].filter(pixel => owners[pixel] >= 0);
            for (let distance = 0; distance < margin && front.length > 0; distance++) {
              const reached = [];
              for (const pixel of front) {
                forNeighbours(pixel, height, width, next => {
                  if (owners[next] >= 0 || pixels[next] === 0) return;
                  owners[next] = owners[pixel];
                  reached.push(next);
                });
              }
              front = reached;
            }
            return sets.map(members => {
              const isKept = new Uint8Array(this.parts.length);
              for (const index of members) isKept[index] = 1;
              return { pixels: pixels.map((pixel, i) => isKept[owners[i]] ? pixel : 0), height, width };
            });
          }
        }

        """#
}
