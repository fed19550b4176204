// Keys that must be refused, and the word that the refusal must hold. Made with OpenSSL's command line for
// this test (nothing is signed with them); the odd ones are variants of the key of RFC 7515 A.3.
#pragma once

namespace refused_keys {

struct Row {
  const char* why;
  const char* pem;
  const char* says;
};

inline constexpr Row rows[] = {
    {"encrypted PKCS #8",
     "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
     "MIIBHDBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI8IL5+5fpWSsCAggA\n"
     "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDZBdVh1oTEH9aQKmQllAfLBIHA\n"
     "FXFhkubEwdMkAdoDoHRYsgbQcW/JLTDWgfvkBZ60kVayujUamslr10U5cOlguaGQ\n"
     "fjIsCh03/lVdorrEDLMxg7tLOGPZedtKsUr15xyw35RMnXvi0/rKr7o5KYp1pp+a\n"
     "yqedymdh6ndZDzTg5W+UHFq3SrdJR4hUkwDEVTxz9la0L/3k6+FnCEUUVtXLOTi5\n"
     "FiyIQOIQzcfVvQZJR2TSAu/A4KLRQ4U/IolFgDB7XXFeGEkER3+Rdj7RPEvuIwaF\n"
     "-----END ENCRYPTED PRIVATE KEY-----\n",
     "encrypted"},
    {"encrypted in the traditional form",
     "-----BEGIN EC PRIVATE KEY-----\n"
     "Proc-Type: 4,ENCRYPTED\n"
     "DEK-Info: AES-128-CBC,6C41EBD1F0175F71EAAC4FCF774AA3A5\n"
     "\n"
     "nFO+Vl1hJr8jOE7G3MDltEfFcINuNZQEa4r41jagAifsI1wxPjw2Lf1cVGhba20U\n"
     "XjfDWcIDq5CxNRpt1ctAzHA4BIqj84im+Vd7Qse/d2nrHLoE+7SGfhWm1cMQKEat\n"
     "4UoN3RHN9Dys81MWdVhxAbUikvjn2c8z66zs9jPuab/k8w31Rf27ntQOeuISQJcu\n"
     "gdwSL7SzP3Mcu+WdXKvbq4Wjh9Ry9tvcdWE1ygEOQ0c=\n"
     "-----END EC PRIVATE KEY-----\n",
     "encrypted"},
    {"RSA of 1024 bits",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDLOONc9FGHe/f6EaieLThJLegj\n"
     "1QOnI8O9qXvOGZaYClYR6bB/JWUAHTFLPwowyuUz/H5xosZ5+OS6TNNkzBVDHu3l\n"
     "jYceDheJXgZ2we2V3PTJCePNsOP2lJbmi8jKylhIkF5pHUyFWqowuZIpwah3hz8E\n"
     "sYSP3UJpSB1srDgLHQIDAQAB\n"
     "-----END PUBLIC KEY-----\n",
     "2048"},
    {"RSA whose public exponent is 1",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEA0vx7agoebGcQSuuPiLJX\n"
     "ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n"
     "oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n"
     "7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n"
     "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n"
     "M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n"
     "gwIBAQ==\n"
     "-----END PUBLIC KEY-----\n",
     "exponent"},
    {"RSA restricted to PSS",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBALW1rhXeUHdIpnawTqqgQD/5\n"
     "Pel5urRC5c2YXk6/hTaJPgc9MRVKnlJQxBvSGpCFeC4YJTUq2anAETqpmpsg7C/N\n"
     "yoRO3uU6MJRn88lcNM0z3Fvf4soPZZij/AKN9bUKSxHjmWhkqAqalNj/slRSA3uH\n"
     "Dbtrfns7XPDueOZ8YL7hXsV0s7qXCv2NO7Stgzs0S+1dFjhNNTknMVcUZJuMMvMK\n"
     "tXWggtMRCvMBrlisZHfiUtRDzO8xB/az14H/zl6juThEo7WCwfzC/pgkGm8iQjnH\n"
     "a51fd1sSX/TFZeji/58BWzkZ+ui2tXJy3lQ/bwIo2T45EOIE7hsV04EtN72E5CEC\n"
     "AwEAAQ==\n"
     "-----END PUBLIC KEY-----\n",
     "none of"},
    {"secp256k1",
     "-----BEGIN EC PRIVATE KEY-----\n"
     "MHQCAQEEIN+hwga+3NEdtbVcaD5LrBLV48chHlpla3Y91Dl0DdnRoAcGBSuBBAAK\n"
     "oUQDQgAEi/6f9b+bphKTpf6lEwZKaSE2DnKd0PE093Psco6oNVngUk1rY1Czr2pT\n"
     "qPBaH+LI+5OvBwhPMDMd8qMVUJOUEw==\n"
     "-----END EC PRIVATE KEY-----\n",
     "curves"},
    {"P-256 with its parameters spelled out",
     "-----BEGIN EC PRIVATE KEY-----\n"
     "MIIBaAIBAQQgww/mOFkciMbc262SW7Ky5/kmDJresum3GbWUamwebYCggfowgfcC\n"
     "AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////\n"
     "MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr\n"
     "vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE\n"
     "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W\n"
     "K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8\n"
     "YyVRAgEBoUQDQgAEhhLPEZ6Fp+DmXv/M+9LmgPhXGIykzLqyRQY3iBLuL8tqCVHd\n"
     "HGUwOSOFffzn0HncQyPshqJzArbm7yUp53k/FA==\n"
     "-----END EC PRIVATE KEY-----\n",
     "curves"},
    {"Ed448",
     "-----BEGIN PRIVATE KEY-----\n"
     "MEcCAQAwBQYDK2VxBDsEOZQW2AEYRrzOwgc50liz8L12mBV5Mt+TXr/VSztllvDS\n"
     "LyY9IEDbbWNKb33FsUmIuxZEw1FP5U559g==\n"
     "-----END PRIVATE KEY-----\n",
     "none of"},
    {"a point that is not on its curve",
     "-----BEGIN PUBLIC KEY-----\n"
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
     "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrg==\n"
     "-----END PUBLIC KEY-----\n",
     "no key"},
    {"private scalar of another public key",
     "-----BEGIN EC PRIVATE KEY-----\n"
     "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSzoAoGCCqGSM49\n"
     "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
     "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
     "-----END EC PRIVATE KEY-----\n",
     "belong together"},
    {"a byte behind the DER",
     "-----BEGIN EC PRIVATE KEY-----\n"
     "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
     "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
     "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQA=\n"
     "-----END EC PRIVATE KEY-----\n",
     "no key"},
    {"certificate",
     "-----BEGIN CERTIFICATE-----\n"
     "MIIBqTCCATCgAwIBAgIUQApoKYr/gnwAeSHnGs2+gX2HOrIwCgYIKoZIzj0EAwIw\n"
     "DDEKMAgGA1UEAwwBeDAeFw0yNjExMjIxNDQwNTdaFw0yNjEyMjIxNDQwNTdaMAwx\n"
     "CjAIBgNVBAMMAXgwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAARa5pSAb9R4SK90jYUy\n"
     "IsCoqTfe6AoNkGp7C3kbJb6/QWy8xvgTo6FeMYp39je4fq7hI1uMuoG0ZmiZnUYs\n"
     "OA6tw36BDpcRKJMzcNis4J5Os4r+EocvxMWiyW8y85zX5/6jUzBRMB0GA1UdDgQW\n"
     "BBQCWv/JqoiBpfqR2Lskmt23jIqVSjAfBgNVHSMEGDAWgBQCWv/JqoiBpfqR2Lsk\n"
     "mt23jIqVSjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA2cAMGQCMHKQD164\n"
     "Q/kw2+gTM6MKb5h55B2Eg09I4aOO+o5Ahck/+DiGqhTMis60tTIelD1MWwIweXB/\n"
     "gkJG+VWP2NW5ZDI55RzpPGx4DO9zHnOzVo32nRK3A3EOzj0D0Oj4l0EsHv9d\n"
     "-----END CERTIFICATE-----\n",
     "CERTIFICATE"},
};

}  // namespace refused_keys
