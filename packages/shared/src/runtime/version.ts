/** Version of the code, stamped on plans and manifests. Kept equal to package.json by a test. */
export const CODE_VERSION = '0.1.0';
