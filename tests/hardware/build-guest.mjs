/**
 * The guest: Debian's own kernel, and an initial RAM disk with busybox, the kernel modules that the rig needs and
 * guest/init.sh. Debian builds its kernel with GPIO over sysfs and over character devices but without the simulator
 * `gpio-sim`; that module is built here from the source of the same kernel.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cached, run, runPipe } from '../support/rig/shell.mjs';

/** In the order of loading: each after what it needs. */
const MODULES = [
  ...['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci'],
  ...['netfs', 'fscache', '9pnet', '9pnet_virtio', '9p', 'virtio_console'],
  ...['failover', 'net_failover', 'virtio_net'],
  ...['virtio_blk', 'crc16', 'mbcache', 'crc32c_generic', 'jbd2', 'ext4', 'configfs'],
];
const MOUNT_POINTS = ['bin', 'proc', 'sys', 'dev', 'tmp', 'usr', 'app', 'node', 'tools', 'card', 'modules'];
const INIT = new URL('guest/init.sh', import.meta.url);

/** @returns {Promise<{kernel: string, initrd: string, release: string, built: boolean}>} */
export async function buildGuest() {
  const release = await kernelRelease();
  const recipe = [fs.readFileSync(INIT), fs.readFileSync(new URL(import.meta.url))];
  const key = createHash('sha256').update(Buffer.concat(recipe)).digest('hex').slice(0, 12);
  let built = false;
  const folder = await cached(`gpio-vm/guest-${release}-${key}`, async (made, scratch) => {
    built = true;
    await fetchKernel(release, scratch);
    await buildSimulator(release, scratch);
    await packRamDisk(scratch, made);
  });
  return { kernel: path.join(folder, 'vmlinuz'), initrd: path.join(folder, 'initrd.gz'), release, built };
}

/** Such as `6.1.0-50-amd64`: what Debian's meta-package stands for today. */
async function kernelRelease() {
  const depends = await run('apt-cache', ['depends', 'linux-image-amd64']);
  const release = /Depends: linux-image-(6\.1\.\S+-amd64)/.exec(depends)?.[1];
  if (!release)
    throw new Error('No 6.1 kernel among the packages: this rig needs Debian 12, after apt-get update.');
  return release;
}

/** Downloads the packages and unpacks kernel, headers and the three source files into `scratch`; installs nothing. */
async function fetchKernel(/** @type {string} */ release, /** @type {string} */ scratch) {
  const source = 'linux-source-6.1';
  const headers = [`linux-headers-${release}`, `linux-headers-${release.replace('-amd64', '-common')}`];
  const packages = [`linux-image-${release}`, ...headers, 'linux-kbuild-6.1', source];
  await run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages], { cwd: scratch });
  await runPipe('dpkg-deb -x linux-image-*.deb kernel', scratch);
  await runPipe('for p in linux-headers-*.deb linux-kbuild-*.deb; do dpkg-deb -x $p headers; done', scratch);
  const files = ['drivers/gpio/gpio-sim.c', 'drivers/gpio/gpiolib.h', 'kernel/irq/irq_sim.c'];
  await runPipe(
    `mkdir module; dpkg-deb --fsys-tarfile ${source}_*.deb | tar xO ./usr/src/${source}.tar.xz |
     tar xJ -C module --strip-components=3 ${files.map((file) => `${source}/${file}`).join(' ')}`,
    scratch,
  );
}

/** gpio-sim needs irq_sim, which the kernel leaves out too: both go into one module. */
async function buildSimulator(/** @type {string} */ release, /** @type {string} */ scratch) {
  const module = path.join(scratch, 'module');
  fs.renameSync(`${module}/gpio-sim.c`, `${module}/gpio-sim-main.c`);
  // irq_to_desc() is not exported to modules; this is another way to the same descriptor.
  const irqSim = fs.readFileSync(`${module}/irq_sim.c`, 'utf8');
  const exported = 'irq_data_to_desc(irq_get_irq_data(irqnum))';
  fs.writeFileSync(`${module}/irq_sim.c`, irqSim.replace('irq_to_desc(irqnum)', exported));
  fs.writeFileSync(`${module}/Makefile`, 'obj-m := gpio-sim.o\ngpio-sim-y := gpio-sim-main.o irq_sim.o\n');
  // The headers expect to be installed; here they are not.
  const headers = path.join(scratch, 'headers/usr/src', `linux-headers-${release}`);
  const installed = '/usr/src/linux-headers';
  await runPipe(
    `sed -i 's#${installed}#${scratch}/headers${installed}#g' Makefile .kernelvariables`,
    headers,
  );
  await run('make', ['-s', '-C', headers, `M=${module}`, 'modules']);
  await run('strip', ['-g', 'gpio-sim.ko'], { cwd: module });
}

async function packRamDisk(/** @type {string} */ scratch, /** @type {string} */ made) {
  const root = path.join(scratch, 'root');
  for (const folder of MOUNT_POINTS) fs.mkdirSync(path.join(root, folder), { recursive: true });
  const found = (await run('find', [`${scratch}/kernel/lib`, '-name', '*.ko'])).split('\n');
  for (const module of MODULES) {
    const file = found.find((name) => path.basename(name) === `${module}.ko`);
    if (!file) throw new Error(`The kernel package has no module ${module}.`);
    fs.copyFileSync(file, `${root}/modules/${module}.ko`);
  }
  fs.copyFileSync(`${scratch}/module/gpio-sim.ko`, `${root}/modules/gpio-sim.ko`);
  fs.writeFileSync(`${root}/modules/order`, [...MODULES, 'gpio-sim'].join('\n'));
  const busybox = (await runPipe('command -v busybox', scratch)).trim();
  // There are no libraries in the guest before its first process has mounted them.
  if ((await run('readelf', ['--program-headers', busybox])).includes('INTERP'))
    throw new Error(`${busybox} is not a static program (apt install busybox-static)`);
  fs.copyFileSync(busybox, `${root}/bin/busybox`);
  fs.copyFileSync(INIT, `${root}/init`);
  fs.chmodSync(`${root}/init`, 0o755);
  await runPipe('cp ../kernel/boot/vmlinuz-* ../vmlinuz', root);
  await runPipe('find . | cpio -o -H newc --quiet | gzip -1 > ../initrd.gz', root);
  for (const file of ['vmlinuz', 'initrd.gz']) fs.copyFileSync(`${scratch}/${file}`, `${made}/${file}`);
}
