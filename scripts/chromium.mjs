/**
 * Debian's Chromium, as the browser tests use it.
 *
 * @type {import('@millrace/shared/runtime/debian-packages').DebianProgram}
 */
export const CHROMIUM = {
  name: 'chromium',
  // chromium-common has the data without which it does not start; the font is the one the page asks for first.
  packages: ['chromium', 'chromium-common', 'fonts-inter'],
  // usr/bin/chromium is a script that looks for its parts in folders of the installed package.
  command: 'usr/lib/chromium/chromium',
  versionFlag: '--version',
};
