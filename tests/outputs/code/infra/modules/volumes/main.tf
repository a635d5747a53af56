resource "aws_ebs_volume" "data" {
  availability_zone = var.zone
  size              = var.size
  encrypted         = false
  type              = "gp2"
}
