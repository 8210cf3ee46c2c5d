/**
 * Debian's Chromium, as the browser tests use it.
 *
 * @type {import('@millrace/shared/runtime/debian-packages').DebianProgram}
 */
export const CHROMIUM = {
  name: 'chromium',
  // The font is the one the page asks for first.
  packages: ['chromium', 'fonts-inter'],
  // usr/bin/chromium is a script that looks for its parts in folders of the installed package.
  command: 'usr/lib/chromium/chromium',
  versionFlag: '--version',
};
