locals {
  zone_count = length(var.availability_zones)
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.prefix }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.prefix }
}

resource "aws_subnet" "public" {
  count = local.zone_count

  vpc_id                  = aws_vpc.this.id
  availability_zone       = var.availability_zones[count.index]
  cidr_block              = cidrsubnet(var.cidr, 8, count.index)
  map_public_ip_on_launch = true

  tags = { Name = "${var.prefix}-public-${count.index}", Tier = "public" }
}

resource "aws_subnet" "web" {
  count = local.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = var.availability_zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 8, 10 + count.index)

  tags = { Name = "${var.prefix}-web-${count.index}", Tier = "web" }
}

resource "aws_subnet" "data" {
  count = local.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = var.availability_zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 8, 20 + count.index)

  tags = { Name = "${var.prefix}-data-${count.index}", Tier = "data" }
}

resource "aws_eip" "nat" {
  count = 1

  domain = "vpc"

  tags = { Name = "${var.prefix}-nat-${count.index}" }
}

resource "aws_nat_gateway" "this" {
  count      = 1
  depends_on = [aws_internet_gateway.this]

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id

  tags = { Name = "${var.prefix}-${count.index}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.prefix}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  count = local.zone_count

  route_table_id = aws_route_table.public.id
  subnet_id      = aws_subnet.public[count.index].id
}

resource "aws_route_table" "web" {
  count = local.zone_count

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.prefix}-web-${count.index}" }
}

resource "aws_route" "nat" {
  count = local.zone_count

  route_table_id         = aws_route_table.web[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[0].id
}

resource "aws_route_table_association" "web" {
  count = local.zone_count

  route_table_id = aws_route_table.web[count.index].id
  subnet_id      = aws_subnet.web[count.index].id
}

resource "aws_network_acl" "data" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = aws_subnet.data[*].id

  tags = { Name = "${var.prefix}-data" }
}

locals {
  data_acl_rules = {
    inbound  = { number = 100, egress = false }
    outbound = { number = 100, egress = true }
  }
}

resource "aws_network_acl_rule" "data" {
  for_each = local.data_acl_rules

  network_acl_id = aws_network_acl.data.id
  rule_number    = each.value.number
  rule_action    = "allow"
  egress         = each.value.egress
  protocol       = "-1"
  cidr_block     = "0.0.0.0/0"
}
