/** A certificate authority that nobody else trusts, and a server's certificate of it, for tests of TLS. */
import fs from 'node:fs/promises';
import path from 'node:path';

/** PEM files. */
export interface Certificates {
  /** The authority's certificate: what a client has to trust. */
  readonly caFile: string;
  /** For 127.0.0.1 and localhost. */
  readonly certFile: string;
  /** The server's private key, PKCS #8, mode 0600. */
  readonly keyFile: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** Writes a new authority's certificate, and a server's with its key, into `dir`, which is made; good for a day. */
export async function certificates({ dir }: { readonly dir: string }): Promise<Certificates> {
  // Loaded late: whoever starts a server without TLS should not wait for it. The first is a need of the second.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { subtle } = globalThis.crypto;
  const pair = () => subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [authority, server] = [await pair(), await pair()];
  const now = Date.now();
  const validity = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS), signingAlgorithm: ALGORITHM };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: '01',
    name: 'CN=Keytrail test authority',
    keys: authority,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    serialNumber: '02',
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const key = await subtle.exportKey('pkcs8', server.privateKey);
  await fs.mkdir(dir, { recursive: true });
  const file = async (name: string, text: string): Promise<string> => {
    await fs.writeFile(path.join(dir, name), `${text}\n`, { mode: 0o600 });
    return path.join(dir, name);
  };
  return {
    caFile: await file('ca.pem', ca.toString('pem')),
    certFile: await file('server.pem', certificate.toString('pem')),
    keyFile: await file('server.key', x509.PemConverter.encode(key, 'PRIVATE KEY')),
  };
}
