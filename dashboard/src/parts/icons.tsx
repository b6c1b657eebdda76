/** Line drawings of 24 × 24, drawn in the colour of the text beside them. */
const PATHS = {
  check: 'M4.5 12.5 10 18 19.5 6.5',
  open: 'M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Z',
  info: 'M12 10.5V17M12 7v.5',
  warning: 'M12 4 21 19.5H3ZM12 10v4.5M12 17v.3',
  cross: 'm6 6 12 12M18 6 6 18',
  clock: 'M12 7v5.5l3.5 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z',
  unplugged: 'M2 8.8a15 15 0 0 1 20 0M5 12.9a10 10 0 0 1 14 0M8.5 16.4a5 5 0 0 1 7 0M12 20v.1M3 3l18 18',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z',
  'eye-closed': 'M2.5 9.5S6 15.5 12 15.5s9.5-6 9.5-6M12 15.5V19M5.5 13.5 3.5 16.5M18.5 13.5l2 3',
  person: 'M12 3.5a4.3 4.3 0 1 1 0 8.6 4.3 4.3 0 0 1 0-8.6ZM4 20.5c.600-4 3.9-6 8-6s7.4 2 8 6',
  leave: 'M10 4H5v16h5M15.5 7.5 20 12l-4.5 4.5M20 12H9.5',
  back: 'M10.5 5.5 4 12l6.5 6.5M4 12h16',
  forward: 'M13.5 5.5 20 12l-6.5 6.5M20 12H4',
  computer: 'M3.5 5h17v11h-17ZM8.5 20h7M12 16v4',
  phone: 'M7.5 2.5h9v19h-9ZM11 18.5h2',
  caps: 'M12 3.5 20 12h-4v4.5H8V12H4ZM8 20.5h8',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
