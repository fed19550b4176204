// jwks_peer.cjs verify|issue SET ISSUER AUDIENCE: see tests/interop/jwks. SET is a file, or a URL to fetch.
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { createRequire } = require('module');
const jose = createRequire(path.join(process.env.JOSE_MODULES, 'any.js'))('jose');

const [verb, file, issuer, audience] = process.argv.slice(2);
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

async function verify() {
  const keys = file.startsWith('http')
    ? jose.createRemoteJWKSet(new URL(file))
    : jose.createLocalJWKSet(JSON.parse(fs.readFileSync(file, 'utf8')));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, token] = line.split(' ');
    try {
      const { payload } = await jose.jwtVerify(token, keys, { issuer, audience, algorithms });
      console.log(name, 'good', payload.sub);
    } catch {
      console.log(name, 'refused');
    }
  }
}

async function issue() {
  const keys = [];
  for (const alg of algorithms) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg);
    const kid = await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey));
    keys.push({ ...(await jose.exportJWK(publicKey)), alg, kid, use: 'sig' });
    const token = (to, ends) =>
      new jose.SignJWT({}).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).setSubject('ada').setIssuer(issuer)
        .setAudience(to).setIssuedAt().setExpirationTime(ends).sign(privateKey);
    console.log(alg, await token([audience], '5m'));
    console.log(`bad-audience-${alg}`, await token('other', '5m'));
    console.log(`bad-expired-${alg}`, await token(audience, '-1m'));
  }
  fs.writeFileSync(file, JSON.stringify({ keys }));
}

(verb === 'verify' ? verify() : issue()).catch((error) => {
  console.error(error);
  process.exit(1);
});
