environment     = "production"
account_id      = "111122223333"
domain_name     = "shop.example.com"
certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/4f1c7c1e-52f0-4c54-9d0b-6a6b0f6d5a10"
