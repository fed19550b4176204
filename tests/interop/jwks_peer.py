"""jwks_peer.py pyjwt|jwcrypto verify|issue SET ISSUER AUDIENCE: see tests/interop/jwks. SET is a file, or a URL to fetch."""
import json
import sys
import time
import urllib.request

library, verb, path, issuer, audience = sys.argv[1:]
ALGORITHMS = {
    "RS256": "rsa", "RS384": "rsa", "RS512": "rsa", "PS256": "rsa", "PS384": "rsa", "PS512": "rsa",
    "ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519",
}


def claims(**changes):
    now = int(time.time())
    given = {"iss": issuer, "aud": [audience, "other"], "sub": "ada", "exp": now + 300, "iat": now, "jti": "1"}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


class PyJwt:
    def __init__(self):
        import jwt

        self.jwt = jwt

    def verify(self, token, keys):
        kid = self.jwt.get_unverified_header(token)["kid"]
        if keys.startswith("http"):
            client = self.jwt.PyJWKClient(keys)
            key, published = client.get_signing_key_from_jwt(token), client.fetch_data()
        else:  # as PyJWKClient does it
            key = next(k for k in self.jwt.PyJWKSet.from_json(keys).keys if k.key_id == kid)
            published = json.loads(keys)
        alg = next(k["alg"] for k in published["keys"] if k["kid"] == kid)
        return self.jwt.decode(token, key.key, algorithms=[alg], audience=audience, issuer=issuer)["sub"]

    def make_key(self, kind, kid, alg):
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

        if kind == "rsa":
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif kind == "Ed25519":
            private = ed25519.Ed25519PrivateKey.generate()
        else:
            curve = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}[kind]
            private = ec.generate_private_key(curve())
        algorithm = self.jwt.algorithms.get_default_algorithms()[alg]
        if kind in ("rsa", "Ed25519"):
            public = json.loads(algorithm.to_jwk(private.public_key()))
        else:  # PyJWT 2.6 writes no EC keys
            import base64

            numbers = private.public_key().public_numbers()
            width = (private.key_size + 7) // 8
            text = lambda n: base64.urlsafe_b64encode(n.to_bytes(width, "big")).rstrip(b"=").decode()
            public = {"kty": "EC", "crv": kind, "x": text(numbers.x), "y": text(numbers.y)}
        public.pop("key_ops", None)
        return private, {**public, "kid": kid, "alg": alg, "use": "sig"}

    def sign(self, private, kid, alg, content, typ):
        return self.jwt.encode(content, private, algorithm=alg, headers={"kid": kid, "typ": typ})


class JwCrypto:
    def __init__(self):
        from jwcrypto import jwk, jwt

        self.jwk, self.jwt = jwk, jwt

    def verify(self, token, keys):
        if keys.startswith("http"):
            with urllib.request.urlopen(keys) as answer:
                keys = answer.read().decode()
        judged = self.jwt.JWT(check_claims={"iss": issuer, "aud": audience}, algs=list(ALGORITHMS))
        judged.deserialize(token, self.jwk.JWKSet.from_json(keys))
        return json.loads(judged.claims)["sub"]

    def make_key(self, kind, kid, alg):
        what = {"rsa": {"kty": "RSA", "size": 2048}, "Ed25519": {"kty": "OKP", "crv": "Ed25519"}}
        private = self.jwk.JWK.generate(kid=kid, alg=alg, use="sig", **what.get(kind, {"kty": "EC", "crv": kind}))
        return private, json.loads(private.export_public())

    def sign(self, private, kid, alg, content, typ):
        token = self.jwt.JWT(header={"alg": alg, "kid": kid, "typ": typ}, claims=content, algs=list(ALGORITHMS))
        token.make_signed_token(private)
        return token.serialize()


peer = {"pyjwt": PyJwt, "jwcrypto": JwCrypto}[library]()
if verb == "verify":
    published = path
    if not path.startswith("http"):
        with open(path, encoding="utf-8") as file:
            published = file.read()
    for line in sys.stdin:
        name, token = line.split()
        try:
            print(name, "good", peer.verify(token, published))
        except Exception:  # whatever a library throws at a token that it does not take
            print(name, "refused")
else:
    public, first = [], None
    for alg, kind in ALGORITHMS.items():
        private, jwk = peer.make_key(kind, "kid-" + alg, alg)
        public.append(jwk)
        first = first or private
        print(alg, peer.sign(private, "kid-" + alg, alg, claims(), "at+jwt" if kind == "P-256" else "JWT"))
    past = int(time.time()) - 10
    for name, changes in {"bad-audience": {"aud": "other"}, "bad-expired": {"exp": past}, "bad-no-expiry": {"exp": None},
                          "bad-no-audience": {"aud": None}, "bad-issuer": {"iss": issuer + "x"}}.items():
        print(name, peer.sign(first, "kid-RS256", "RS256", claims(**changes), "JWT"))
    print("bad-algorithm", peer.sign(first, "kid-RS384", "RS256", claims(), "JWT"))
    print("bad-key", peer.sign(first, "kid-RS256x", "RS256", claims(), "JWT"))
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"keys": public}, file)
