import { defineConfig } from 'vite';

/** `vite build services/dashboard/web` builds the page into the dist of the service, which serves it. */
export default defineConfig({
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the server allows files of its own and nothing written into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'vendor', test: /node_modules/ }] } },
    },
  },
  // `vite services/dashboard/web` serves it with hot reload beside a dashboard that runs.
  server: { proxy: { '/api': 'http://127.0.0.1:4700', '/queues': 'http://127.0.0.1:4700' } },
});
