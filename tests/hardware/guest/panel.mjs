import fs from 'node:fs';

/**
 * Plugs in a chip of simulated lines (Documentation/admin-guide/gpio/gpio-sim.rst). A press then is a change of the
 * pull of a line, and the level of an output can be read back.
 * @param {string} label found again under /sys/class/gpio/gpiochip… and by libgpiod
 * @param {number} lines
 * @returns {{folder: string, chip: string}} the folder with sim_gpio0… and the chip's name, such as gpiochip1
 */
export function createPanel(label, lines) {
  const config = `/sys/kernel/config/gpio-sim/${label}`;
  fs.mkdirSync(config);
  fs.mkdirSync(`${config}/bank0`);
  fs.writeFileSync(`${config}/bank0/num_lines`, String(lines));
  fs.writeFileSync(`${config}/bank0/label`, label);
  fs.writeFileSync(`${config}/live`, '1');
  const device = fs.readFileSync(`${config}/dev_name`, 'utf8').trim();
  const chip = fs.readFileSync(`${config}/bank0/chip_name`, 'utf8').trim();
  return { folder: `/sys/devices/platform/${device}/${chip}`, chip };
}
