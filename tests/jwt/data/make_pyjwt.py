#!/usr/bin/python3
"""Writes pyjwt.json: tokens of every algorithm as PyJWT signs them, with the keys. Run by hand when a
case is added; the tests only read the file."""
import json
import sys

import jwt
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CLAIMS = {"token_type": "access", "exp": 4102444800, "iat": 1700000000,
          "jti": "0f3e2d1c4b5a49788796a5b4c3d2e1f0", "user_id": "7", "name": "\u00e9t\u00e9"}
SECRET = "pyjwt-tests-7c1f0e52b98d4a36-e0b9d7f2a1c84563-58a6d3f1"


def pem(key):
    private = key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    public = key.public_key().public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


rsa_key = rsa.generate_private_key(65537, 2048)
keys = {"RS": rsa_key, "PS": rsa_key, "ES256": ec.generate_private_key(ec.SECP256R1()),
        "ES384": ec.generate_private_key(ec.SECP384R1()), "ES512": ec.generate_private_key(ec.SECP521R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate()}
rows = []
for alg in ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
            "ES512", "EdDSA"):
    if alg.startswith("HS"):
        private = public = signer = SECRET
    else:
        signer = keys.get(alg) or keys[alg[:2]]
        private, public = pem(signer)
    rows.append({"alg": alg, "signing_key": private, "verifying_key": public,
                 # PSS and ECDSA signatures are random: they cannot be compared, only verified
                 "repeatable": not alg.startswith(("PS", "ES")),
                 "plain": jwt.encode(CLAIMS, signer, alg),
                 "with_kid": jwt.encode(CLAIMS, signer, alg, headers={"kid": "k-1"})})
out = {"made_by": "PyJWT " + jwt.__version__,
       "claims": json.dumps(CLAIMS, separators=(",", ":")), "rows": rows}
json.dump(out, sys.stdout, indent=1)
print()
