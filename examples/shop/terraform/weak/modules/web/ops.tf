resource "aws_instance" "ops" {
  ami                         = var.image_id
  instance_type               = "t2.small"
  subnet_id                   = var.public_subnet_ids[0]
  associate_public_ip_address = true
  vpc_security_group_ids      = [var.security_group_ids["ops"]]
  iam_instance_profile        = aws_iam_instance_profile.web.name

  root_block_device {
    volume_type = "gp3"
    volume_size = 20
  }

  tags = { Name = "${var.prefix}-ops" }
}

resource "aws_ebs_volume" "reports" {
  availability_zone = var.zones[0]
  type              = "gp2"
  size              = 100

  tags = { Name = "${var.prefix}-reports" }
}

resource "aws_volume_attachment" "reports" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.reports.id
  instance_id = aws_instance.ops.id
}
