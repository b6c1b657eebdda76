/**
 * The picture beside the form: three buttons at a counter, one just pressed, and its news running over the windows of
 * a city. Drawn by rule, so that it is the same on every screen; it shows no data.
 */
const WIDTH = 1376;
const HEIGHT = 1080;
const STEP = 43;
/** The pressed button, from which the rings run. */
const CENTRE = { x: 232, y: 806 };
const RING_GAP = 236;
const LEVELS = 6;

const MARKS = {
  satisfied: (x: number, y: number, r: number) =>
    `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  basically: (x: number, y: number, r: number) => `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}Z`,
  unsatisfied: (x: number, y: number, r: number) => `M${x - r} ${y - r * 0.8}h${2 * r}l${-r} ${r * 1.8}Z`,
};
type Mark = keyof typeof MARKS;

/** A number in [0, 1) that belongs to a place in the lattice. */
function scatter(column: number, row: number): number {
  const value = Math.sin(column * 127.1 + row * 311.7) * 43_758.5453;
  return value - Math.floor(value);
}

/** One path for all marks of a kind and brightness. */
function drawLattice(): [Mark, number, string][] {
  const paths = new Map<string, [Mark, number, string]>();
  for (let row = 0; row * STEP < HEIGHT + STEP; row += 1) {
    for (let column = 0; column * STEP < WIDTH + STEP; column += 1) {
      const x = column * STEP + (row % 2 === 0 ? 0 : STEP / 2);
      const y = row * STEP;
      const distance = Math.hypot(x - CENTRE.x, y - CENTRE.y);
      if (distance < 130 || (y > 700 && y < 960 && x < 800)) continue;
      const chance = scatter(column, row);
      const mark: Mark = chance < 0.86 ? 'satisfied' : chance < 0.955 ? 'basically' : 'unsatisfied';
      const ripple = (1 + Math.cos((distance / RING_GAP) * 2 * Math.PI)) / 2;
      const brightness = ripple ** 3 * Math.exp(-distance / 900) + 0.12;
      const level = Math.min(LEVELS - 1, Math.floor(brightness * LEVELS));
      const key = `${mark}${level}`;
      const path = paths.get(key) ?? [mark, level, ''];
      path[2] += MARKS[mark](Math.round(x), y, 3 + level * 0.7);
      paths.set(key, path);
    }
  }
  return [...paths.values()];
}

const LATTICE = drawLattice();

export function CityOfWindows({ ratings }: { ratings: [string, string, string] }) {
  return (
    <svg
      class="picture"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="xMinYMax slice"
      aria-hidden="true"
    >
      <defs>
        <radialGradient id="glow" cx={CENTRE.x} cy={CENTRE.y} r="760" gradientUnits="userSpaceOnUse">
          <stop offset="0" stop-color="#2fbd96" stop-opacity=".34" />
          <stop offset=".35" stop-color="#2fbd96" stop-opacity=".1" />
          <stop offset="1" stop-color="#2fbd96" stop-opacity="0" />
        </radialGradient>
        <linearGradient id="shine" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color="#fff" stop-opacity=".16" />
          <stop offset=".55" stop-color="#fff" stop-opacity="0" />
          <stop offset="1" stop-color="#000" stop-opacity=".16" />
        </linearGradient>
      </defs>
      <rect width={WIDTH} height={HEIGHT} fill="url(#glow)" />
      {LATTICE.map(([mark, level, path]) => (
        <path
          key={`${mark}${level}`}
          d={path}
          fill={`var(--${mark})`}
          opacity={0.16 + (level / (LEVELS - 1)) * 0.84}
        />
      ))}
      {[0, 1, 2].map((ring) => (
        <circle key={ring} class="ring" cx={CENTRE.x} cy={CENTRE.y} r="118" style={{ '--ring': ring }} />
      ))}
      <g class="counter">
        <circle class="pressed" cx={CENTRE.x} cy={CENTRE.y} r="104" />
        <Button x={232} label={ratings[0]} mark="satisfied" />
        <Button x={462} label={ratings[1]} mark="basically" />
        <Button x={692} label={ratings[2]} mark="unsatisfied" />
      </g>
    </svg>
  );
}

function Button({ x, label, mark }: { x: number; label: string; mark: Mark }) {
  return (
    <g>
      <circle cx={x} cy={CENTRE.y} r="92" fill="#0a1117" stroke="#2b3a47" stroke-width="2" />
      <circle cx={x} cy={CENTRE.y} r="78" fill={`var(--${mark})`} />
      <circle cx={x} cy={CENTRE.y} r="78" fill="url(#shine)" />
      <path d={MARKS[mark](x, CENTRE.y, 30)} fill="#080d12" fill-opacity=".85" />
      <text x={x} y={CENTRE.y + 148} text-anchor="middle">
        {label}
      </text>
    </g>
  );
}
