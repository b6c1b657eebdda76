#!/bin/busybox sh
# The guest's first process: mounts what QEMU shares, then hands over to hand.mjs. When that ends, so does the guest.
/bin/busybox --install -s /bin
# Debian's programs before busybox's of the same name, as soon as /usr is there.
export PATH=/usr/bin:/usr/sbin:/bin

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
for module in $(cat /modules/order); do
  insmod /modules/$module.ko || echo "guest: module $module did not load"
done
mount -t configfs config /sys/kernel/config

# The host's own programs and libraries, the checkout, the folder of node, the tools in /tools: all read-only.
for share in usr app node tools; do
  mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro $share /$share || echo "guest: no $share"
done
ln -s usr/lib /lib
ln -s usr/lib64 /lib64

# The terminal's card. It outlives the guest, as a card outlives a power cut.
mount -t ext4 /dev/vda /card || echo "guest: no card"

ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0

echo "guest: kernel $(uname -r) up after $(cut -d' ' -f1 /proc/uptime) s"
# The port shows up a moment after its driver.
port=
for try in $(seq 100); do
  port=$(ls /dev/vport*p1 2>/dev/null) && break
  sleep 0.05
done
/node/node /app/tests/hardware/guest/hand.mjs "$port"
echo "guest: the hand ended with $?"
poweroff -f
